"""HTTP services: a strict HTTP/1.1 server for a simulated host or a real socket, and a kit to write API services with.

| module        | what it holds                                                                |
|---------------|------------------------------------------------------------------------------|
| `message.py`  | request, response, and the `App` that turns the one into the other           |
"""
