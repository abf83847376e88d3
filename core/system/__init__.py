"""What every room stands on: atomic files, locks, names that are safe to show, the device."""
