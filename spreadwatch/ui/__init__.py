"""The window. The only room that imports tkinter; everything here runs in the main thread."""
