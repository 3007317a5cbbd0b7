"""English cue words: what turns, hedges, limits or qualifies a mention. Own wording, one list per kind.

Kinds: ``no`` negates forward; ``not`` negates forward, or backward where a participle follows; ``part`` a
participle of seeing; ``nob`` negates backward; ``excl``/``exclv`` exclusion as participle/verb;
``unc``/``uncb``
hedge forward/backward; ``adj`` hedging adjective (short reach); ``hyp`` hypothesis or recommendation; ``exc``
exception; ``brk`` ends every scope; ``verb`` finite verb; ``norm`` normal predicate; ``abn`` general word for
disease; ``prior`` speaks of an earlier study; ``now`` returns to this one; ``temp``, ``sev``, ``side``,
``state``
carry values; ``qual`` limits a negation; ``skip`` is read over.
"""

from __future__ import annotations

__all__ = ["CUES"]

_CHANGE = (
    "change|interval change|significant change|significant interval change|appreciable change|substantial "
    "change|"
    "definite change|increase|interval increase|significant increase|decrease|interval decrease|progression|"
    "growth|interval growth|enlargement|interval enlargement|worsening|improvement"
)

CUES: dict[str, dict[str, str]] = {
    "skip": {
        "": "not assessable|not assessed|not evaluated|cannot be assessed|not fully evaluated|not "
        "included|mass effect|bone density|bone mineral density|soft tissue density|fluid density|not only|"
        "not necessarily|gram negative|without difficulty|no doubt|contrast material|contrast medium|"
        "contrast agent|no comparison|fluid attenuation|fluid level|air fluid level|no prior|no previous|"
        "water density|fat density|no contraindication|known"
    },
    "temp": {
        "unchanged": "|".join(
            [
                *(f"no {c} in" for c in _CHANGE.split("|")),
                *(f"without {c}" for c in _CHANGE.split("|")),
                *(f"no {c}" for c in _CHANGE.split("|")),
                "not changed",
                "not significantly changed",
                "unchanged",
                "stable",
                "similar in size",
                "no longer increasing",
                "persistent",
                "persists",
                "unaltered",
                "static",
                "as before",
            ]
        ),
        "new": "new|newly|interval development of|has developed|have developed|interval appearance of",
        "increased": "increased|increasing|larger|has grown|grown|worsened|worsening|progressed|progressive|"
        "bigger|interval increase in|more prominent|enlarging|has enlarged|growing",
        "decreased": "decreased|decreasing|smaller|improved|improving|regressed|diminished|resolving|reduced|"
        "shrunk|partially resolved|nearly resolved|interval decrease in|less prominent|"
        "partial resolution of|almost resolved|incompletely resolved|partly resolved",
    },
    "no": {
        "": "no|without|absence of|free of|free from|clear of|devoid of|negative for|denies|denied|"
        "denying|declines|"
        "nor|neither|lack of|lacks|rather than|nothing|none of|fails to show|fails to reveal|"
        "failed to show|failed to reveal|fail to show|fails to demonstrate|failed to demonstrate|"
        "no evidence of|no evidence for|no evidence that|no sign of|no signs of|ruled out for|rules out|"
        "rules out for|excludes|excluding|unremarkable for|resolution of|zero|not any|in the absence of|"
        "no indication of|no suggestion of|no features of|no longer any|no finding of|no findings of"
    },
    "not": {
        "": "not|cannot|can not|never|isn't|aren't|wasn't|weren't|doesn't|don't|didn't|hasn't|haven't|can't|"
        "couldn't|hardly any",
        "resolved": "no longer",
    },
    "part": {
        "": "seen|identified|noted|demonstrated|detected|visualized|visualised|visible|evident|appreciated|"
        "observed|found|present|shown|apparent|depicted|discernible|recognized|recognised|confirmed|"
        "encountered|discerned|displayed|appreciable|imaged|documented|perceptible|delineated|outlined|"
        "revealed|indicated|reported|recorded|detectable|distinguishable|made out|picked up"
    },
    "nob": {
        "": "absent|none|nil|negative|is unlikely|are unlikely|considered unlikely|unlikely",
        "resolved": "resolved|has resolved|have resolved|cleared|has cleared|have cleared|disappeared|"
        "has disappeared|completely resolved|fully resolved|has been removed|since closed|"
        "since resolved|since cleared|has healed completely|resolution",
    },
    "excl": {"": "excluded|ruled out|be excluded|be ruled out|confidently excluded"},
    "exclv": {"": "exclude|rule out|r/o|be certain|certain if|certain whether|be sure"},
    "hyp": {
        "": "to exclude|to rule out|to rule in|to evaluate for|evaluate for|evaluation for|to assess for|"
        "assess for|"
        "to look for|look for|if|should there|should a|should an|should the|should any|should he|should she|"
        "in case of|recommend|recommended|advise|suggest follow|follow up to exclude|follow up of|follow up|"
        "followup|to confirm|screening for|screen for|correlate for|correlation for|surveillance of|"
        "surveillance for|"
        "workup for|work up for|evaluated for|monitor for|return for|come back for|as needed for|until|"
        "whether|once the|clinical concern for|indicated to exclude|to be excluded|should be excluded|"
        "must be excluded|needs to be excluded|is to be excluded|test for|tested for|checked for|"
        "consideration of|risk of|risk for|at risk for|protocol for|prior to"
    },
    "unc": {
        "": "may represent|may be|may reflect|may indicate|may suggest|might be|might represent|might "
        "reflect|"
        "could be|could represent|could reflect|could indicate|suggests|suggesting|suggestive of|"
        "suspicious for|"
        "suspicious of|concerning for|worrisome for|concern for|suspicion of|suspicion for|suspect|we "
        "suspect|"
        "differential includes|differential considerations include|differential diagnosis includes|"
        "versus|vs|query|equivocal for|consider|considered|favor|favors|favored to be|favoured to be|"
        "perhaps|in keeping with possible|cannot exclude|cannot rule out|not exclude|questioned|"
        "raises the possibility of|raise the possibility of|possibility of|likelihood of|might|could|may"
    },
    "adj": {
        "": "possible|possibly|probable|probably|likely|most likely|questionable|suspected|presumed|"
        "presumably|"
        "equivocal|indeterminate|potential|doubtful|suspicious|query"
    },
    "uncb": {
        "": "is possible|are possible|is suspected|are suspected|is questioned|is likely|are likely|"
        "may be present|could be present|might be present|is a possibility|is probable|"
        "is a consideration|is considered|may be considered|to be considered|is not certain|"
        "is favored|is favoured|remains possible|is equivocal|is uncertain|not excludable"
    },
    "exc": {
        "": "other than|apart from|except|except for|aside from|with the exception of|besides|save for|"
        "with exception of"
    },
    "brk": {
        "": "but|however|although|though|yet|nevertheless|whereas|while|which|who|secondary to|due to|"
        "because of|because|since|despite|in spite of|otherwise|still|caused by|related to|then|"
        "together with|accompanied by|as well as a|associated with|with associated|on a background of|"
        "in addition to|in addition|additionally|also noted|and also|instead"
    },
    "verb": {
        "": "is|are|was|were|has|have|had|remains|remain|remained|seemed|seems|became|shows|show|"
        "demonstrates|reveals|contains|measures|"
        "measure|appears|appear|there is|there are|occupies|involves|persists|extends|lies|exists|"
        "showed|demonstrated a|revealed a|exhibits|displays|being|bears|harbors|harbours|becomes|became|"
        "continues|presents|consistent with|compatible with|in keeping with|representing|represents|"
        "measuring|indicates|indicating|reflects|reflecting|developed|underwent|received|states|reports"
    },
    "norm": {
        "": "normal|unremarkable|clear|intact|within normal limits|wnl|normally aerated|well aerated|well "
        "expanded|"
        "sharp|patent|normal in size|normal size|preserved|free|within the normal range|not remarkable|"
        "within normal range|in normal limits|fully expanded|normal in appearance|normal range|regular|dry|"
        "of normal size|of normal caliber|of normal calibre|normal in caliber|normal limits"
    },
    "abn": {
        "": "abnormality|abnormalities|abnormal finding|abnormal findings|pathology|disease|process|"
        "focal abnormality|pathological finding|pathologic finding|focal finding"
    },
    "prior": {
        "": "history of|status post|s/p|previous study|prior study|previous scan|prior scan|previous ct|"
        "prior ct|"
        "previous examination|prior examination|previous exam|prior exam|previous radiograph|prior "
        "radiograph|"
        "last year's scan|last year's study|last year's ct|earlier study|earlier scan|earlier ct|"
        "earlier examination|remote history of|h/o|past history of|in the past|previous imaging|prior "
        "imaging|"
        "previous film|prior film|last year's examination"
    },
    "now": {
        "": "now|currently|at present|today|on this study|on the current study|on today's|since closed|"
        "current study|current examination|present study|compared with|compared to|in comparison with|"
        "in comparison to|relative to|as compared with|as compared to|comparison with|comparison is made|"
        "when compared|compared"
    },
    "sev": {
        "trace": "trace|minimal|minimally|tiny|minute|scant|very small|a sliver of|sliver|negligible|"
        "miniscule|"
        "subtle|faint|minuscule|thin|trivial",
        "small": "small|mild|mildly|slight|slightly|little|smallish|modest|small sized|limited|some|minor",
        "moderate": "moderate|moderately|moderate sized|medium sized|moderate size|small to moderate|mild "
        "to moderate|"
        "intermediate|medium",
        "large": "large|massive|severe|severely|extensive|marked|markedly|huge|gross|grossly|big|voluminous|"
        "moderate to large|moderate to severe|large sized|considerable|pronounced|sizable|sizeable|"
        "significant|significantly|substantial|advanced|bulky",
    },
    "qual": {
        "other": "other|additional|further|second|another|remaining|else|elsewhere|contralateral|new or",
        "sure": "definite|convincing|obvious|clear cut|overt|discrete|suspicious new|displaced|acute|"
        "dominant|"
        "concerning|suspicious|worrisome|drainable|tension|definitive|gross evidence|unequivocal|"
        "large enough|measurable|high grade|depressed|loculated|clinically significant",
    },
    "side": {
        "left": "left|left sided|leftward|lt|on the left|left side|left hand",
        "right": "right|right sided|rightward|rt|on the right|right side|right hand",
        "bilateral": "bilateral|bilaterally|both|both sides|on both sides|either side|on either side|each "
        "side|"
        "each hemithorax|left and right|right and left|bilat|either",
    },
    "state": {
        "enlarged": "enlarged|enlargement|prominent|increased in size|big heart|is large|is big|are large|"
        "increased|enlarged in size|"
        "exceeds|widened in diameter|above normal|larger than normal|above normal size|too large|"
        "is moderately large|is mildly large|oversized|over sized|globally enlarged",
        "dilated": "dilated|dilatation|dilation|ectatic|ectasia|aneurysmal|distended",
        "tortuous": "tortuous|tortuosity|unfolded|elongated",
        "blunted": "blunted|blunting|obliterated|obscured",
        "elevated": "elevated|elevation|raised",
        "collapsed": "collapsed",
        "widened": "widened|widening|broadened",
        "shifted": "shifted|shift|displaced to the|deviated|deviation",
        "thickened": "thickened",
    },
    "art": {"": "a|an|the"},
    "conj": {"and": "and|as well as|plus|&|along with", "or": "or|and/or|/", "with": "with|having"},
}
