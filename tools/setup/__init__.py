"""Set-up of a machine: the scripts behind ``make setup`` and the components built on this machine."""
