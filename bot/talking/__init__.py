"""What people type, search for and are greeted with, and where the bot may write."""
