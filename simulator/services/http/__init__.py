"""HTTP services: a strict HTTP/1.1 server for a simulated host or a real socket, and a kit to write API services with.

| module          | what it holds                                                                          |
|-----------------|----------------------------------------------------------------------------------------|
| `kit.py`        | API services in a few lines: endpoints, state, latency, scripts, trouble               |
| `hosted.py`     | such a service on a simulated host                                                     |
| `call.py`       | what an endpoint is handed, and what becomes of what it returns                        |
| `routes.py`     | which endpoint a request is for                                                        |
| `websocket.py`  | an open websocket                                                                      |
| `frames.py`     | the websocket protocol; no I/O                                                         |
| `message.py`    | request, response, and the `App` that turns the one into the other                     |
| `limits.py`     | how much a peer may ask                                                                |
| `parser.py`     | bytes to requests, strictly; no I/O                                                    |
| `writer.py`     | responses to bytes; no I/O                                                             |
| `server.py`     | an app on a listening socket                                                           |
| `connection.py` | one peer: what is read, and in which state                                             |
| `answering.py`  | one peer: asking the service, and sending what it says                                 |
| `outlet.py`     | bodies that go out as fast as the peer takes them                                      |
| `deadline.py`   | one timer for a connection                                                             |
| `troubles.py`   | what can go wrong between a client and any service behind this server                  |
| `upgrade.py`    | answers after which another protocol is spoken                                         |
"""
