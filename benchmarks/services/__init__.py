"""Services over real sockets beside those that projects use today: requests per second, bytes per second, readiness.

wire            a client that costs next to nothing: requests are made and signed beforehand, answers hardly read
s3              what is asked of an S3 server, line by line
rounds          servers in turns
simulated       where the CPU goes in simulation
redis_load      what is asked of a Redis server, line by line
redis_rounds    Redis servers in turns
page            docs/performance-services.md
"""
