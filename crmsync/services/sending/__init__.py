"""How one batch of pushes is sent: batch (claim, load) -> sender (open the account) -> attempt (one try, what follows)
-> caller (last check before a call), one file per kind of push -> record (all outcomes in one transaction).
`services/send.py` walks through all of it.
"""
