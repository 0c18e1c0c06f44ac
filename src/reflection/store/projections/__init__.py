"""What is published from the rows after a commit: files, weights.json, mirrors of vectors.

Everything here can be deleted and made again.
"""
