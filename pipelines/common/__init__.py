"""What pipelines share, and what is about none of them: waiting after a failure, and doing only so much at once.

retry    how long to wait before trying again
limiter  how many requests at once, learning from a service that asks for fewer; how many bytes in memory
"""
