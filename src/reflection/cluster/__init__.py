"""Learning on several processes or machines, by Dask: partitions of one workspace, and workspaces as tasks.

Must not know what is learnt of the evidence.
"""
