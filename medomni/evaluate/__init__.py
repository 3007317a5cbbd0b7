"""Reports against truths: fact F1 with bootstrap intervals."""

from medomni.evaluate.bootstrap import Interval, interval, paired_interval
from medomni.evaluate.facts import Fact, FactCounts, Score, count_facts, facts_of_report, facts_of_truth, score

__all__ = ["Fact", "FactCounts", "Interval", "Score", "count_facts", "facts_of_report", "facts_of_truth",
           "interval", "paired_interval", "score"]
