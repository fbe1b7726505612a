"""Commands: plain functions over (call, args), free of I/O; each module is imported by `registry.load`."""
