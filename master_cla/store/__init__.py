"""What the central CLA keeps on disk, and how: a redo log first, tables later."""
