"""What texts of creatives teach. Must not know who asks."""
