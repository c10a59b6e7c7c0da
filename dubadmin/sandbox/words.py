"""Invented people, companies and places for the seeded data."""

FIRST = str.split(
    "Ada Aisha Akira Alma Amara Anders Anika Arjun Astrid Beatriz Benedikt Bruno Camille Carmen "
    "Chiara Chidi Clara Dario Deniz Diego Edith Elif Emeka Emil Esther Farah Felix Fiona Freya "
    "Gabriel Greta Hana Hugo Ida Imani Ines Isaac Ivan Jada Jonas Kaito Kerstin Lars Leila Liam "
    "Lucía Magnus Malik Marta Mateo Mei Milan Mina Nadia Niamh Noor Olga Omar Oskar Paula Pedro "
    "Priya Quentin Rafael Ravi Rosa Ruben Samir Saoirse Selma Sofia Stefan Tariq Thea Tomás Uma "
    "Valentin Vera Viktor Wanda Xenia Yara Yusuf Zofia"
)
LAST = str.split(
    "Abadi Achterberg Adeyemi Agrawal Almeida Andersson Bakker Bauer Bergström Bianchi Blom "
    "Brandt Brennan Castellanos Chakraborty Chen Cordero Costa Dahl Delacroix Demir Dubois "
    "Eriksen Esposito Fabre Farouk Ferreira Fischer Fontaine Gallagher Garza Grünwald Haddad "
    "Halvorsen Hartmann Hayashi Herrera Hofmann Ibarra Iwasaki Jansen Jovanović Kaczmarek "
    "Kapoor Keller Kimura Kowalski Larsen Lindqvist Lombardi Mahmoud Marchetti Mbeki McAllister "
    "Mendoza Moreau Müller Nakagawa Navarro Nguyen Nielsen Novak Nowak Obi Okafor Oliveira Park "
    "Pereira Petrov Quiroga Rahman Reyes Romano Rossi Sato Schneider Silva Sokolov Sørensen "
    "Takahashi Tanaka Thorne Torres Ueda Vargas Vermeulen Vogel Weber Whitlock Yamada Yılmaz "
    "Zhang Zimmermann"
)
COMPANIES = str.split(
    "amberfield bluekite brightloom castlegate cedarworks cloudberry copperline driftwood "
    "eastquay fernhill flintlock foxglove glasshouse graniteworks harborview heronlake "
    "ironbark juniperlabs kestrelsoft lanternhq larkspur limewharf meadowbank millrace "
    "moonfield northbeam oakridge opalstack orchardly papermill pinecone quarrystone "
    "rainharbor redwillow riverbend saltmarsh sandpiper silverbirch skylarkio stonebridge "
    "sundial tidewater thistledown umbergrove valecrest westlight wildwren windmill"
)
# country, city, region, continent, how often
PLACES = (
    ("US", "San Jose", "CA", "NA", 22),
    ("US", "Austin", "TX", "NA", 12),
    ("US", "New York", "NY", "NA", 12),
    ("GB", "Manchester", "ENG", "EU", 9),
    ("DE", "Hamburg", "HH", "EU", 9),
    ("FR", "Lyon", "ARA", "EU", 6),
    ("NL", "Utrecht", "UT", "EU", 4),
    ("SE", "Malmö", "M", "EU", 3),
    ("ES", "Valencia", "VC", "EU", 4),
    ("IT", "Torino", "21", "EU", 3),
    ("PL", "Gdańsk", "PM", "EU", 3),
    ("CA", "Toronto", "ON", "NA", 5),
    ("BR", "Curitiba", "PR", "SA", 5),
    ("MX", "Monterrey", "NLE", "NA", 3),
    ("IN", "Pune", "MH", "AS", 8),
    ("JP", "Osaka", "27", "AS", 5),
    ("KR", "Busan", "26", "AS", 2),
    ("AU", "Brisbane", "QLD", "OC", 4),
    ("NZ", "Wellington", "WGN", "OC", 1),
    ("NG", "Lagos", "LA", "AF", 2),
    ("ZA", "Cape Town", "WC", "AF", 2),
    ("AE", "Dubai", "DU", "AS", 2),
    ("IL", "Haifa", "HA", "AS", 1),
    ("TR", "İzmir", "35", "AS", 2),
)
DEVICES = (
    ("Desktop", "Chrome", "Mac OS", "Mozilla/5.0 (Macintosh) Chrome/141.0"),
    ("Desktop", "Chrome", "Windows", "Mozilla/5.0 (Windows NT 10.0) Chrome/141.0"),
    ("Desktop", "Firefox", "Linux", "Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0"),
    ("Desktop", "Safari", "Mac OS", "Mozilla/5.0 (Macintosh) Version/19.0 Safari/620.1"),
    ("Mobile", "Mobile Safari", "iOS", "Mozilla/5.0 (iPhone) Version/19.0 Mobile Safari/620.1"),
    ("Mobile", "Chrome", "Android", "Mozilla/5.0 (Linux; Android 16) Chrome/141.0 Mobile"),
    ("Tablet", "Mobile Safari", "iOS", "Mozilla/5.0 (iPad) Version/19.0 Safari/620.1"),
)
REFERERS = (
    ("(direct)", "(direct)"),
    ("google.com", "https://www.google.com/"),
    ("linkedin.com", "https://www.linkedin.com/feed/"),
    ("x.com", "https://x.com/"),
    ("youtube.com", "https://www.youtube.com/watch?v=demo"),
    ("news.ycombinator.com", "https://news.ycombinator.com/"),
)
CAMPAIGNS = str.split(
    "pricing launch autumn-offer webinar podcast newsletter docs demo student founders "
    "black-friday changelog migrate roadmap templates community"
)
PARTNERS = (
    ("Marlow & Finch Media", "hello@marlowfinch.example", "GB"),
    ("Nadia Okoro", "nadia@okoro.example", "NG"),
    ("Studio Kranich", "post@kranich.example", "DE"),
    ("The Indie Ledger", "editors@indieledger.example", "US"),
    ("Pablo Quiroga", "pablo@quiroga.example", "MX"),
    ("Atelier Sept", "bonjour@sept.example", "FR"),
    ("Build Weekly", "team@buildweekly.example", "US"),
    ("Kenji Morita", "kenji@morita.example", "JP"),
    ("Lowland Growth", "info@lowland.example", "NL"),
    ("Priya Raman", "priya@raman.example", "IN"),
    ("Fjord Podcast", "hei@fjordpod.example", "SE"),
    ("Clara Bright", None, "AU"),
)
PLANS = ("starter", "pro", "team", "scale")
PRICES = {"starter": 1900, "pro": 4900, "team": 14900, "scale": 49900}
LEAD_NAMES = ("Sign up", "Sign up", "Sign up", "Trial started", "Demo booked")
SALE_NAMES = ("Invoice paid", "Invoice paid", "Subscription created", "Purchase")
PROCESSOR_MIX = ("stripe", "stripe", "stripe", "paddle", "polar", "custom")
