"""What every room uses: atomic files, locks, names that are safe to show, the device."""
