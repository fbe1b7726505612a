"""Explore: run again, and compare.

| module      | what it does                                                              |
|-------------|------------------------------------------------------------------------------|
| `replay`    | plays a recorded tape, and compares the story with the recorded one         |
| `check`     | runs a seed in fresh interpreters that differ in everything but the seed    |
| `perturbed` | what makes one such interpreter differ                                      |
"""
