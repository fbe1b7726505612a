"""Services: simulated servers and programs that speak the real ones' words.

| package    | what it stands for                                                     |
|------------|--------------------------------------------------------------------------|
| `s3/`      | S3: a model without I/O, signatures, a store, the program that serves it |
| `redis/`   | Redis: commands over a keyspace, scripts, files, replication             |
| `ffprobe/` | the program that says what a media file holds                            |
| `http/`    | a strict HTTP server, and a kit for API services of any kind             |
| `trouble`  | what each of them can be made to suffer, as data                         |
| `rope`     | large bodies that are not copied                                         |
| `hosting`  | what they need to run on simulated hosts                                 |

A service is an ordinary asyncio program: a model, and a thin server over any event loop. It runs unchanged on a
simulated host (`s3/hosted.py`, `redis/hosted.py`) and on real ports (`simulator/serve`), and knows neither.
"""
