"""What protects patients before anything is analysed or committed: shifted dates, their key, the commit guard."""
