"""What runs behind the requests: learning, publishing, embedding, imports, in a process that the server watches.

Must not know requests, nor what is learnt.
"""
