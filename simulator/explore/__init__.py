"""Explore: run again, and compare.

| module      | what it does                                                              |
|-------------|------------------------------------------------------------------------------|
| `case`      | what is explored, a scenario or a program, behind one face                   |
| `signature` | what a failure violates, in a text that all its seeds share                  |
| `crash_points` | a program is struck at every effect that it has                           |
| `forks`     | copies of a live run, which go on otherwise                                  |
| `replay`    | plays a recorded tape, and compares the story with the recorded one         |
| `check`     | runs seeds in fresh interpreters that differ in everything but the seed     |
| `played`    | seeds in one such interpreter, and what came of each                        |
| `perturbed` | what makes one such interpreter differ                                      |
"""
