"""Words for people, places and shows. All invented or commonplace; addresses end in example.org."""

FIRST_NAMES = (
    "Noor", "Ama", "Liv", "Tomas", "Ines", "Jonas", "Mila", "Oskar", "Chloé", "Zoé", "Anaïs", "Björn", "Søren",
    "Łucja", "Zuzana", "İlkay", "Renée", "Françoise", "Jean-Luc", "Marie-Ève", "Nguyên", "Δάφνη", "Юрий", "Aoife",
    "Siân", "Ruth", "Ugo", "Bea", "Kofi", "Yara", "Emre", "Pia", "Sacha", "Niels", "Agathe", "Bruno", "Célia",
    "Dora", "Élise", "Faustin",
)  # fmt: skip
LAST_NAMES = (
    "Vandenberg", "Okafor-Lindt", "Delacour", "Müllerin", "Østerbro", "O'Farrow", "D'Ambrelle", "Pérignot",
    "Kaczmarel", "van der Hulst", "de la Brûlerie", "Şahinel", "Čermáková", "Þórarins", "Lémance", "Brightwater",
    "Feldspar", "Grünwaldt", "Hollowmere", "Innisfold", "Jaspertal", "Kestrelby", "Lavandou", "Merrowick",
    "Nightingell", "Ormeaux", "Pellegrane", "Quillfeather", "Rosendahl-Maïs", "Sorrelby", "Thistledown", "Umbrelle",
    "Vesperine", "Wintermeer", "Ysendyke", "Zonderland",
)  # fmt: skip
STREETS = (
    "Kerkstraat", "rue des Tilleuls", "avenue de l'Opéra d'Été", "Lindenweg", "Via dei Glicini", "Mill Lane",
    "Rue du Vieux-Four", "Hafengasse", "Calle del Olmo", "Chemin des Écoliers", "Impasse de la Forêt",
    "Sonnenallee", "Quai aux Herbes",
)  # fmt: skip
# country, language, zip code, town, international dialling code
PLACES = (
    ("BE", "nl", "9000", "Gent", "+32"),
    ("BE", "fr", "1000", "Bruxelles", "+32"),
    ("FR", "fr", "13001", "Marseille", "+33"),
    ("FR", "fr", "01000", "Bourg-en-Bresse", "+33"),
    ("FR", "fr", "69003", "Lyon", "+33"),
    ("FR", "fr", "75011", "Paris", "+33"),
    ("CH", "fr", "1204", "Genève", "+41"),
    ("CH", "de", "8001", "Zürich", "+41"),
    ("DE", "de", "04109", "Leipzig", "+49"),
    ("GB", "en", "EC1A 1BB", "London", "+44"),
    ("IT", "it", "00184", "Roma", "+39"),
    ("ES", "es", "08002", "Barcelona", "+34"),
    ("LU", "fr", "1855", "Luxembourg", "+352"),
    ("NL", "nl", "1017 CT", "Amsterdam", "+31"),
)
MAIL_HOSTS = ("example.org", "mail.example.org", "post.example.org")
INTERESTS = ("OPERA", "DANCE", "JAZZ", "THEATRE", "CIRCUS", "CINEMA", "YOUNG_AUDIENCE", "MUSEUM")
SOURCES = ("WEB", "DESK", "PARTNER", "FAIR")
FUNCTIONS = ("Directrice", "Chargé de groupes", "Head of outings", "Lehrerin", "Works council")
STRUCTURE_NAMES = (
    "Lycée des Tilleuls", "Comité d'entreprise Brûlerie & Fils", "Kestrelby Primary School",
    "Reisebüro Sonnenallee", "Amis de l'Opéra d'Été", "Feldspar Works Council", "Association « Les Écoliers »",
    "Hollowmere Tours Ltd",
)  # fmt: skip
STRUCTURE_TYPES = ("SCHOOL", "WORKS_COUNCIL", "ASSOCIATION", "TRAVEL_AGENCY")
# product, code, price in thousandths, item label
SHOWS = (
    ("Winter gala", "WGALA24", 45_500, "Winter gala, evening"),
    ("Les Noces d'été", "NOCES24", 62_000, "Les Noces d'été, première"),
    ("Circus of small things", "CIRC24", 18_000, "Circus of small things, matinée"),
    ("Das gläserne Haus", "GLAS25", 37_250, "Das gläserne Haus, Abend"),
    ("Jazz under the roof", "JAZZ25", 24_000, "Jazz under the roof, late show"),
    ("Museum day pass", "MUSE25", 12_505, "Museum day pass"),  # 12.505: not a whole number of cents, on purpose
    ("Derby day", "DERBY25", 33_000, "Derby day, round 7"),
)
CHANNELS = (("B2C", "Online shop"), ("DESK", "Box office"), ("CALL", "Call centre"), ("B2B", "Professionals"))
TARIFFS = ("Full price", "Reduced", "Under 26", "Member", "Invitation")
