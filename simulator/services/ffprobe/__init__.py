"""ffprobe: says of a media file what the real one says, for MP4 files as ffmpeg makes them.

    host.executables.install("ffprobe", simulator.services.ffprobe.program.main)

| module    | what lives there                                                        |
|-----------|---------------------------------------------------------------------------|
| `boxes`   | the walk over MP4 boxes, through a read function                          |
| `movie`   | what `moov` says: tracks, their samples, edits and tags                   |
| `moof`    | what fragments add                                                        |
| `model`   | from a file to an answer: sections of fields, or an error                 |
| `codecs`  | the names of codecs and profiles                                          |
| `options` | the command line                                                          |
| `writers` | the answer as text: json, default, csv, compact, flat                     |
| `program` | the executable: reads files and standard input, writes, exits             |

Everything but `program` is free of I/O. The words are those of ffprobe 5.1.
"""
