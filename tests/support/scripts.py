"""Fifty scripts for voices: short and long, in many languages, with figures, signs and abbreviations, at some speeds."""
# ruff: noqa: E501, RUF001 (whole sentences, in their own writing)

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScriptCase:
    """A text, and how it is to be spoken."""

    text: str
    voice: str = ""
    speed: float = 1.0


_PLAIN = (
    "Hello.",
    "Good morning to you.",
    "Welcome to our little shop by the river.",
    "Our shop is closed on Monday, and open again on Tuesday from nine to five.",
    "Thank you for calling. All our lines are busy. Please stay on the line, and somebody will be with you shortly.",
    "The fox came out of the wood at dusk. It looked at the house, at the lamp in the window, and at the cat on the wall.",
    "Why do we sleep? Nobody knows for sure! Yet everybody does it: you, me, birds, even bees... or so they say.",
    "It was late. The rain had stopped. She opened the door, took one step, and listened. Nothing. Then, far away, a bell.",
    "First, wash the rice until the water is clear.\n\nSecond, let it rest for half an hour.\n\nThird, cook it with the lid on, and do not look.",
    "antidisestablishmentarianism and internationalization are uncharacteristically lengthy multisyllabic constructions",
)
_FIGURES = (
    "In 2026, 1,250 people paid $99.99 (50%).",
    "Call 555-0199 before 10:30 a.m. or after 4:15 p.m.",
    "NASA and the BBC agree: it is 5 km away, at -12.5 °C.",
    "Dr. Smith, Mr. Jones & Mrs. Lee Ltd. grew by 7.5% in Q3.",
    "Pi is 3.14159265358979, and e is 2.71828182845904.",
    "THE SALE ENDS TODAY! BUY NOW AND SAVE UP TO 70%!",
    "Read more at https://example.com/news?id=42#top or write to info@example.com.",
    "The URL, the API and the SDK cost 4,000 EUR/month @ 19% VAT.",
    "On 24/12/2026 at 18:00 we meet at 221B Baker Street, 3rd floor, room 17.",
    "1 2 3 4 5 6 7 8 9 10",
)
_LANGUAGES = (
    "Guten Tag! Unser Geschäft ist am Montag geschlossen und öffnet wieder am Dienstag um neun Uhr.",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützen kosten 1.234,50 €.",
    "Bonjour à tous. Aujourd'hui, nous parlons de la lumière, de l'ombre et de la couleur.",
    "Buenos días. Hoy hablamos del mar, de los barcos y de los hombres que viven de ellos.",
    "Bom dia! A loja abre às nove horas e fecha às seis da tarde, de segunda a sexta.",
    "Buongiorno. La ricetta è semplice: farina, acqua, sale e un po' di pazienza.",
    "Dzień dobry. Dziś opowiem o rzece, która płynie przez nasze miasto.",
    "Доброе утро! Сегодня мы поговорим о погоде, о дороге и о том, что нас ждёт впереди.",
    "Καλημέρα σας. Σήμερα θα μιλήσουμε για τη θάλασσα και τα νησιά.",
    "صباح الخير. سنتحدث اليوم عن البحر والسفن والناس الذين يعيشون منها.",
    "בוקר טוב. היום נדבר על הים, על האוניות ועל האנשים.",
    "नमस्ते। आज हम नदी, पहाड़ और जंगल के बारे में बात करेंगे।",
    "สวัสดีครับ วันนี้เราจะพูดถึงทะเลและผู้คนที่อาศัยอยู่ริมฝั่ง",
    "你好，世界。今天天气很好，我们去公园散步吧。",
    "欢迎来到我们的商店。本店星期一休息，星期二上午九点重新开门。我们有茶、咖啡和各种点心，请慢慢挑选。",
    "2026年有1,250人参加了会议，增长了35%。",
    "こんにちは。今日はいい天気ですね。",
    "東京駅から新幹線で京都まで、およそ二時間十五分です。お弁当を買うのを忘れないでください。",
    "오늘은 날씨가 아주 좋습니다. 우리 같이 공원에 가서 산책할까요?",
    "Merhaba! Bugün denizden ve adalardan söz edeceğiz. Xin chào! Hôm nay trời đẹp quá.",
)
_LONG = (
    "The river begins as a thread of water between two stones, and for a day's walk nobody would call it a river. Then the first brook joins it, and the second; by the time it reaches the village it has a bridge, a name and a mill.",
    "Dear listeners, this is the evening news. The council has agreed on a new park near the station. Work begins in spring. Trains run as usual, but the ring road stays closed for two more weeks. And now the weather: clear and cold.",
    "Meine Damen und Herren, willkommen an Bord. Wir fliegen heute in einer Höhe von etwa elftausend Metern und erreichen unser Ziel in zwei Stunden. Bitte schnallen Sie sich an und stellen Sie Ihre Telefone aus. Wir wünschen Ihnen einen guten Flug.",
    "Chaque matin, avant l'aube, le boulanger allume son four. La ville dort encore. Dans une heure, l'odeur du pain descendra la rue, passera sous les portes et réveillera ceux qui n'ont pas de réveil.",
)

SCRIPTS: tuple[ScriptCase, ...] = (
    *(ScriptCase(text) for text in _PLAIN),
    *(ScriptCase(text) for text in _FIGURES),
    *(ScriptCase(text) for text in _LANGUAGES),
    *(ScriptCase(text, "Brian") for text in _LONG),
    ScriptCase(_PLAIN[4], "Rachel", 0.7),
    ScriptCase(_PLAIN[4], "James", 1.2),
    ScriptCase(_FIGURES[0], "Brian", 0.85),
    ScriptCase(_LANGUAGES[14], "Rachel", 1.1),
    ScriptCase(_PLAIN[6] + " " + _PLAIN[7], "James", 0.9),
    ScriptCase(_LONG[1] + " " + _FIGURES[8], "Rachel", 1.15),
)
