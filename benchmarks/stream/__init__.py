"""The stream pipeline measured: in simulation, where its CPU goes and how that grows; for real, beside boto3.

recorders      the scenario: recorders that write film after film, a worker that uploads them, trouble
shares         whose the CPU time is: the engine's, the services', the program's, its libraries'
simulated      an hour of a hundred recorders, and ten, a hundred, a thousand of them
files          what is uploaded for real: one large file, a hundred small ones
transfer       boto3's own transfer manager, in a process of its own
uploads        `python -m pipelines stream` and boto3 in turns, on one server; from a write to its part
page           docs/performance-stream.md
"""
