"""The model card: what a model was trained on, how large it is, and how it errs, by cohort and domain."""
