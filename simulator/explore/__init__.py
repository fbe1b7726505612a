"""Explore: run again, and compare.

| module      | what it does                                                              |
|-------------|------------------------------------------------------------------------------|
| `case`      | what is explored, a scenario or a program, behind one face                   |
| `signature` | what a failure violates, in a text that all its seeds share                  |
| `sweep`     | which seeds are played, when it is enough, and what was found                |
| `drive`     | a sweep in real time; `playing`: what a worker does; `record`: what comes of it |
| `workers`   | forked processes that play seeds; `forked`: their inside                     |
| `cluster`   | the same on a Dask cluster; `seat`: what is started there                    |
| `ledger`    | what earlier sweeps found                                                    |
| `coverage`  | what runs reached; `branches`: of the ways through chosen files              |
| `guided`    | seeds that are led by what earlier ones reached                              |
| `shrink`    | a failure made smaller; `passes`: how; `attempt`: what is played             |
| `regression` | a failure as a pytest test                                                  |
| `explain`   | what a failure needed, what led to it, when it became inevitable             |
| `apart`     | functions played in processes of their own                                   |
| `crash_points` | a program is struck at every effect that it has                           |
| `forks`     | copies of a live run, which go on otherwise                                  |
| `replay`    | plays a recorded tape, and compares the story with the recorded one         |
| `check`     | runs seeds in fresh interpreters that differ in everything but the seed     |
| `played`    | seeds in one such interpreter, and what came of each                        |
| `perturbed` | what makes one such interpreter differ                                      |
"""
