"""The vendor's Central License Server (CLS): what each LAC bought, and the files issued for it.

Read in this order, decisions first: `issuance`, `moves`, `ownership` and `challenges`; `store` and
`transactions` (the books, with their audit); `operations` with `signed_requests` and `callers` (who
may ask what); `service` and `pages`.
"""
