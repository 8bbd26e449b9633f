"""A training of seconds, for tests that are about something else."""

SMALL = [
    "--set", "data.synthetic.speakers=6", "--set", "data.synthetic.other_words=0",
    "--set", "data.unknown=false", "--set", "data.words=zero,one,two",
    "--set", "augmentation.copies=0", "--set", "model.family=tc_resnet",
    "--set", "model.budget=9000", "--set", "recipe.epochs=2", "--set", "recipe.batch=16",
    "--set", "recipe.prune_epochs=0", "--set", "recipe.quantize_epochs=1",
]  # fmt: skip
