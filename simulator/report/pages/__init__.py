"""Pages that can be mailed: one file, no script, no request, for screen and paper, light and dark.

Everything that draws a run or a plan shares what is here: the frame of a page (`frame`), a time
axis that leaves idle time out (`time_axis`), rows of bands over it (`time_rows`) and the map of an
internetwork (`internetwork_map`). Texts become markup only by the templates, which escape all.
"""
