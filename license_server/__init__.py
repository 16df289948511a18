"""The vendor's Central License Server (CLS): what each LAC bought, and the files issued for it."""
