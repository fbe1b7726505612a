"""Explore: run again, and compare.

| module      | what it does                                                              |
|-------------|------------------------------------------------------------------------------|
| `case`      | what is explored, a scenario or a program, behind one face                   |
| `signature` | what a failure violates, in a text that all its seeds share                  |
| `shrink`    | a failure made smaller; `passes`: how; `attempt`: what is played             |
| `regression` | a failure as a pytest test                                                  |
| `apart`     | functions played in processes of their own                                   |
| `crash_points` | a program is struck at every effect that it has                           |
| `forks`     | copies of a live run, which go on otherwise                                  |
| `replay`    | plays a recorded tape, and compares the story with the recorded one         |
| `check`     | runs seeds in fresh interpreters that differ in everything but the seed     |
| `played`    | seeds in one such interpreter, and what came of each                        |
| `perturbed` | what makes one such interpreter differ                                      |
"""
