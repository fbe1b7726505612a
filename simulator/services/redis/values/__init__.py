"""Values: what a key holds, as plain data that knows how Redis would hold it.

| module          | what it holds                                                                    |
|-----------------|----------------------------------------------------------------------------------|
| `strings`       | texts: `bytes`, or `bytearray` once changed in place                             |
| `lists`         | `List`: a deque                                                                  |
| `hashes`        | `Hash`: fields in the order of entry                                             |
| `sets`          | `Set`: members in the order of entry, or sorted integers                         |
| `sortedsets`    | `SortedSet`: scores by member, and the `ranking` of both                         |
| `streams`       | `Stream`: entries in nodes; `groups`: consumers and what they were given         |
| `roll`          | who is in a large collection, for scans and draws                                |
| `limits`        | up to what size collections are compact                                          |
| `longdouble`    | 80-bit floating-point numbers                                                    |

None of them knows a clock, a client or a database.
"""
