"""Reports as self-contained HTML files, and tables in Markdown documents."""
