"""Words that the rules know: those of the languages, and those that names are made of."""

from __future__ import annotations

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


KEYWORDS: Final = _words(
    """
    abstract alias and as assert async await begin bool boolean break byte case catch char class const continue
    crate debugger def default defer del delete do double dyn elif else elsif end ensure enum except export
    extends extern false False final finally float fn for foreach from func function global go goto if impl
    implements import in include inline instanceof int interface is lambda let long loop match mod module move
    mut namespace new next nil None nonlocal not null nullptr object of operator or override package pass
    private protected pub public raise range readonly ref register require rescue restrict return select self
    Self short signed sizeof static str string String struct super switch synchronized template then this throw
    throws trait transient true True try type typedef typeof undefined union unless unsafe unsigned until use
    using val var virtual void volatile when where while with yield i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 usize
    isize any never unknown bytes list dict set tuple float uint rune chan cls print len echo local fi done esac
    elseif
    """
)
"""Words that are no names of the user's; the union over languages."""

BEFORE_A_USE: Final = _words(
    """
    return else new throw await yield case goto delete in is not and or typeof instanceof assert co_return do if
    while for switch elif when unless until import from package using use extends implements as of echo print
    raise except with go defer where
    """
)
"""Words after which a word is used and not declared."""

COMMON_PARTS: Final = _words(
    """
    id ids db ui fs io ok to on is in of up by at no url uri api key keys val value values name names text texts
    word words line lines char chars byte bytes bit bits int num nums number numbers count counts counter total
    size sizes len length width height depth index indices idx pos position offset start end begin stop first
    last next prev previous current cur old new left right top bottom min max mean sum avg low high lower upper
    inner outer parent child children root node nodes leaf tree list lists array arrays map maps dict set sets
    queue stack heap table row rows col cols column columns cell cells grid field fields item items entry
    entries element elements record records object objects data info meta content contents body header headers
    footer title label labels tag tags type types kind kinds class classes mode state states status flag flags
    option options config configs setting settings param params parameter parameters arg args argument arguments
    input inputs output outputs result results response responses request requests reply answer answers query
    queries message messages event events handler handlers callback error errors err exception failure success
    user users person people account email address phone password token tokens session client server host port
    path paths file files folder dir directory root base source target src dst dest from with for and or not all
    any each every none empty full is has can should will was did get set add remove delete create make build
    read write load save open close start run send receive fetch find search filter sort merge split join parse
    format render draw show hide print log test tests check validate verify update insert append copy move clear
    reset init setup handle process apply use call invoke execute compute calculate convert transform encode
    decode wrap bind connect listen wait time date day days hour hours minute minutes second seconds ms timeout
    delay duration interval now today year month week color colour image images icon style theme page pages view
    views window screen button menu form link links model models controller service services manager factory
    builder provider store cache buffer stream reader writer parser context scope env version level group groups
    team order orders product products price cost amount rate ratio score weight part parts piece block blocks
    chunk chunks section segment range span limit limits step steps point points x y z a b n i j k task tasks
    job jobs thread worker lock pool signal channel topic subject sender receiver owner author customer course
    student book main default custom global local public private static final raw clean safe valid invalid
    active enabled disabled visible hidden selected expected actual original temp tmp result unit code lang
    language country city street location region zone area shape circle square rect scan scanner sorter helper
    async sync once only same other another extra more less most least single double multi multiple many few
    some one two three
    """
)
"""Parts of names that are whole words, so that a name that ends with one may be finished."""
