"""ffprobe: says of a media file what the real one says, for MP4 files whole, damaged and growing.

    ffprobe = host_ffprobe(world.host("worker"))            # from services.ffprobe.hosted
    ffprobe.troubles.on("hangs:times=1")

| module       | what lives there                                                     |
|--------------|----------------------------------------------------------------------|
| `boxes`      | the walk over sound MP4 boxes, through a read function                 |
| `reader`     | a file as a demuxer reads it: zeros behind its end                     |
| `walker`     | the walk over boxes that may be damaged                                |
| `headers`    | boxes about the film and its tracks                                    |
| `entries`    | the sample description: codecs and their configuration                 |
| `tables`     | boxes about samples: how long, how large, where                        |
| `fragments`  | what `moof` boxes and their index add                                  |
| `tags`       | titles and the like                                                    |
| `movie`      | what all of these have found                                           |
| `index`      | what follows from a track's tables                                     |
| `demuxer`    | all of that together: a film, or the error at which reading ends       |
| `packets`    | how far is read into the data, and what that meets                     |
| `units`      | whether a packet of H.264 is what its lengths say                      |
| `bits`, `parameters`, `decoders`, `codecs` | what a decoder would know, from its configuration |
| `model`      | from a file to an answer: sections of fields, or an error              |
| `options`, `selection`, `amounts`, `writers` | the command line, and the answer as text |
| `foreign`    | other formats, which are refused                                       |
| `program`    | the executable: reads files and standard input, writes, exits          |
| `troubles`, `hosted` | what can happen to it, and how a host gets one                 |

Everything up to `writers` is free of I/O. The words are those of ffprobe 5.1; what is claimed and what is not stands
in docs/reference/ffprobe.md.
"""
