"""HTTP on this machine: what a spreadsheet, a script or a colleague's browser may ask, and a web page."""
