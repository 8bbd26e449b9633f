"""Reports as HTML files that need nothing else, and tables in Markdown documents."""
