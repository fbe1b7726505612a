"""Services: simulated servers and programs that speak the real ones' words.

| package    | what it stands for                                                   |
|------------|------------------------------------------------------------------------|
| `ffprobe/` | the program that says what a media file holds                          |
| `http/`    | a strict HTTP server, and a kit for API services of any kind           |
"""
