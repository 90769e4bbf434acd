"""Tell from words whether they speak of a woman or a man, so that face and voice fit; if unclear, it stays open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Gender = Literal["woman", "man", ""]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WOMEN = _set(
    """
    woman women girl girls lady ladies she her hers herself mrs ms miss madam mother mom mum mommy mama grandmother
    grandma granny nana daughter sister aunt niece wife bride girlfriend widow queen princess duchess empress goddess
    witch fairy mermaid nun actress waitress hostess heroine businesswoman policewoman saleswoman chairwoman
    grandmotherly female feminine
    frau dame mutter oma mädchen femme fille mère mujer señora abuela niña donna ragazza nonna mulher
    """
)
_WOMENS_NAMES = _set(
    """
    ada adeline alice alicia allison amelia amy ana angela anika anita anna anne annie arabella aria astrid
    barbara bella beth betty brenda britney brittney camille carla carmen carol caroline catherine cecilia charlotte
    chiara chloe christina clara claudia cynthia deborah diana donna dora dorothy eleanor elena elisa elizabeth
    ella ellen emily emma erica erika esther eva eve evelyn fatima felicia fiona florence frida gabriela georgia gloria
    greta hannah heather heidi helen helena ida ines ingrid irene isabel isabella jane janet jasmine
    jennifer jessica joan joanna josephine judith judy julia julie juliet karen kate katherine kathleen katie laura
    lauren leila lena leonie linda lisa lola louise lucia lucy lydia madeline maggie margaret maria marie
    marina martha mary matilda maya megan melanie melissa mia michelle mildred miriam molly monica monika nancy naomi
    natalie natasha nicole nina nora olga olivia pamela patricia paula pauline penelope phoebe priya rachel rebecca
    rosa rosie ruth sabrina sally samantha sandra sara sarah sharon sheila silvia sofia sonia sophia sophie
    stella stephanie susan susie suzanne sylvia tamara tanya teresa theresa tiffany tina ursula valentina valerie
    vanessa vera veronica victoria virginia vivian wendy yasmin yolanda yvonne zara zoe
    """
)
_MEN = _set(
    """
    man men boy boys gentleman gentlemen guy guys lad he his him himself mr sir father dad daddy papa grandfather
    grandpa granddad son brother uncle nephew husband groom boyfriend widower king prince duke emperor god wizard monk
    actor waiter hero businessman policeman fireman fisherman salesman chairman craftsman sportsman snowman santa
    sailor lumberjack cowboy knight viking male masculine bearded beard moustache mustache
    mann herr vater opa junge homme garçon père hombre señor abuelo niño uomo ragazzo nonno homem
    """
)
_MENS_NAMES = _set(
    """
    aaron abdul abraham adam adrian ahmed alan albert alberto alexander alfred ali andre andrew andy anthony antonio
    arthur barry ben benjamin bernard bill billy björn bjorn bob bobby brad bradford brandon brian brock bruce bruno
    bryan burt callum carl carlos cedric charles christian christopher clark clarence claude colin connor craig curtis
    daniel darren dave david dennis derek diego dirk dominic donald douglas duncan dylan ed eddie edgar eduardo edward
    edwin elijah elliot eric erik ernest ethan eugene felix fernando finn francisco frank franz fred frederick gary
    gavin geoffrey george gerald gilbert giovanni glenn gordon graham greg gregory gustav hank hans harold harry harvey
    hassan hector heinrich henry herbert horatius howard hubert hugh hugo ian ibrahim igor isaac ivan jack jacob jake
    jamahal james jason javier jeff jeffrey jeremy jerome jerry jim jimmy joe joel johann john johnny jonathan jorge
    jose joseph joshua juan julian karl keith ken kenneth kevin klaus kurt kyle lance lars laurence lawrence leo leon
    leonard leonardo lewis liam lloyd logan louis luca lucas luigi luis lukas luke lutz malcolm marco marcus mario mark
    marshal marshall martin marvin mathew matt matthew maurice max maximilian michael miguel mike milton mohamed
    mohammed moses muhammad nathan nathaniel neil nicholas nick niels nigel noah norman oliver omar oscar oswald otto
    owen pablo patrick paul pedro percy pete peter phil philip phillip pierre rafael ralph ramon raymond rex ricardo
    richard rick rob robert roberto rodney roger roland ron ronald ross roy rudolf rufus rupert russell ryan salvador
    samuel santiago sean sebastian sergei seth shane simon stanley stefan stephen steve steven stuart sven taksh ted
    theo theodore thomas tim timothy tobias todd tom tommy tony trevor tristan tyler ulrich vernon victor vincent viraj
    vladimir walter warren wayne wilhelm william wolfgang wyatt xavier yusuf zachary
    """
)
_OLD = _set(
    "old elderly aged senior grandmother grandma granny nana oma grandfather grandpa granddad opa nonna nonno "
    "abuela abuelo pensioner"
)
"""Whoever is called so gets grey hair."""
_YEARS = _set("year years month months")


def split_words(text: str) -> list[str]:
    """Return the words of a text, in lower case; anything but letters separates words."""
    return re.findall(r"[^\W\d_]+", text.lower())


def find_gender(words: Sequence[str]) -> Gender:
    """Return of whom the words speak; "" if of both or of neither. Names count only if no other word decides."""
    for women, men in ((_WOMEN, _MEN), (_WOMENS_NAMES, _MENS_NAMES)):
        is_woman, is_man = not women.isdisjoint(words), not men.isdisjoint(words)
        if is_woman or is_man:
            return "" if is_woman and is_man else "woman" if is_woman else "man"
    return ""


def is_old(words: Sequence[str]) -> bool:
    """Return whether the words speak of somebody old; "six years old" does not."""
    return not _OLD.isdisjoint(words) and _YEARS.isdisjoint(words)
