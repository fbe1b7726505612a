"""The kernel: virtual time, threads, loops, and everything that stands between a program and the machine."""
