"""Studies from a PACS: a C-STORE receiver, C-FIND, C-MOVE, C-GET and DICOMweb, all into one inbox.

The inbox stores an instance once, whatever way it came and however often; a study that has been quiet for a while is
ingested, that is, looked through and listed. Needs the extra ``pacs``; importing this package does not.
"""
