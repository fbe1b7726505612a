"""S3: a model of Amazon's object store, stricter than the real one, and the server that carries it.

    s3 = S3(Settings(region="eu-central-1"))
    response = s3.apply(locate(http_request, s3.settings), now_ns)

| module       | what lives there                                                                |
|--------------|-----------------------------------------------------------------------------------|
| `settings`   | limits, addressing; personalities: how real servers deviate                       |
| `operations` | the table of operations: covered or refused, their parameters and headers         |
| `errors`     | the table of errors, and their XML                                                |
| `request`    | from an HTTP request to an S3 request                                             |
| `store`      | buckets, versions, uploads: plain data                                            |
| `model`      | `S3.apply(request, now_ns)`: checks, dispatch, the headers every answer has       |
| `handlers`   | which function answers which operation                                            |
| `call`       | one request being answered; `access`, `names`, `numbers`, `dates`, `markup` (XML)  |
| `buckets`    | their life; `configurations`, `tags`, `acls`, `cors`, `lifecycle` and its `rules` |
| `objects`    | put, get, head; `attire`, `conditions`, `ranges`, `attributes`                    |
| `copying`    | objects and stretches of them; `deletions`, `versions`                            |
| `listing`    | pages of anything that is rolled up at a delimiter; `listing_versions`            |
| `uploads`    | multipart, up to its `completion`                                                 |
| `checksums`  | of parts and of the whole; `crc`, and the `folding` that makes it fast            |
| `auth`       | signatures: what is claimed, canonical requests, keys, version 2                  |
| `chunked`    | bodies: aws-chunked, trailers, digests, at once or while they arrive              |
| `troubles`   | what only an S3 does to its clients                                               |
| `app`        | joins all of this to the HTTP server, and tells what is asked                     |
| `persist`    | a store in a folder: journal, blobs, what a power cut leaves                      |
| `program`    | the server, for a simulated host and for a real machine                           |

Bodies are ropes (`simulator/services/rope.py`): cut and joined without copying, equal runs stored once.
"""
