"""Services over real sockets beside those that projects use today: requests per second, bytes per second, readiness.

wire      a client that costs next to nothing: requests are made and signed beforehand, answers hardly read
s3        what is asked of an S3 server, line by line
rounds    servers in turns
page      docs/performance-services.md
"""
