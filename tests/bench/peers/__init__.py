"""One small script per other library, each run by an interpreter that has it. They import nothing of ours."""
