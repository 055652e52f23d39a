"""Names of people and places: some to train on, some kept for tests, and any number made of the same letters."""
import random

# Of the Bible and of the ancient world.
PEOPLE = """
Aaron Abdon Abigail Abner Absalom Achan Adah Ahab Ahaz Alpheus Amaziah Amos Ananias Andrew Anna Apollos Aquila Asaph
Asher Athaliah Azariah Barak Barnabas Bartimaeus Bathsheba Belshazzar Benjamin Boaz Caleb Candace Claudia Clement
Cornelius Cyrus Damaris Daniel Darius David Deborah Delilah Demas Dorcas Eldad Eleazar Eli Elihu Elijah Elisabeth
Elkanah Enoch Ephraim Esau Esther Eunice Eutychus Ezekiel Ezra Felix Festus Gad Gamaliel Gershom Hagar Haman Hannah
Hezekiah Hilkiah Hiram Hosea Huldah Isaac Isaiah Ishmael Issachar Jabez Jacob Jairus James Japheth Jason Jeremiah Jesse
Jethro Jezebel Joab Joanna Job Joel John Jonah Joseph Joshua Josiah Judith Julia Justus Kenaz Kish Laban Leah Lemuel
Levi Linus Lois Lucius Luke Lydia Malachi Manasseh Manoah Mark Martha Mary Michael Miriam Mordecai Moses Naaman Nabal
Nadab Nahum Naomi Naphtali Nathan Nicanor Nimrod Noah Omri Onesimus Ornan Othniel Perez Phebe Philemon Philip Phinehas
Priscilla Rachel Rahab Rebekah Reuben Rhoda Rufus Salome Samson Samuel Sarah Saul Seth Shadrach Silas Simeon Simon
Solomon Stephen Susanna Tabitha Thomas Timothy Titus Tobiah Uriah Uzziah Vashti Zadok Zebedee Zebulun Zilpah Zipporah
""".split()
PLACES = """
Achaia Acre Adullam Ai Antioch Aphek Arabah Ashdod Ashkelon Assos Athens Azekah Babylon Bashan Beersheba Beroea Bethany
Bethesda Bozrah Caesarea Calah Cana Canaan Capernaum Carchemish Carmel Colossae Corinth Crete Cush Cyprus Damascus Dothan
Edom Ekron Elath Elim Emmaus Endor Ephesus Eshcol Etam Galilee Gath Gaza Geba Gerar Gibeah Gilboa Gilead Gilgal Goshen
Gozer Hamath Hazor Hermon Horeb Iconium Jabesh Jericho Jezreel Joppa Kadesh Keilah Laish Lebanon Libnah Lystra Mahanaim
Malta Mamre Media Megiddo Memphis Michmash Midian Miletus Mizpah Moab Myra Nain Nazareth Nineveh Nob Ophir Ophrah Paphos
Patmos Perga Persia Pisgah Ramah Rhodes Rome Salem Samaria Sardis Shiloh Sidon Sinai Smyrna Sodom Sparta Susa Tarshish
Tekoa Thebes Timnah Troas Tyre Ur Ziklag Zoar Zorah
""".split()
# Never in training, and not in what the tokenizer is made of.
KEPT_PEOPLE = """
Abel Abijah Abraham Adam Ahaziah Amasa Ariel Asa Baruch Benaiah Bethuel Cephas Dan Dinah Eglon Eliakim Eliezer Elishama
Elon Ethan Gehazi Gideon Goliath Haggai Hanani Herod Ishbosheth Ithamar Jabin Jared Jehoshaphat Jephthah Jobab Jonathan
Keturah Lazarus Mahlon Matthew Nehemiah Obed Paul Peter Pilate Reuel Ruth Tamar Terah Zillah
""".split()
KEPT_PLACES = """
Accad Bethel Chorazin Debir Derbe Elam Gezer Gibeon Haran Hebron Jabneel Lachish Lydda Marah Ono Pergamum Philippi
Rabbah Rephidim Shechem Shunem Tirzah Zarephath Zion
""".split()
ORDER = 3


class Names:
    """Names by a chain over letters: the next letter depends on the three or two before it, as in `like`, or on the one
    before it, where they are to be `loose`; now and then one of `known`."""

    def __init__(self, known, kept, like, loose=False):
        self.known, self.kept, self.chain = known, {name.lower() for name in kept}, {}
        self.loose = loose
        for name in like:
            letters = "^" * ORDER + name.lower() + "$"
            for i in range(ORDER, len(letters)):
                # With fewer letters of context too, so that new combinations come up.
                for length in range(1, ORDER + 1):
                    self.chain.setdefault(letters[i - length:i], []).append(letters[i])

    def context(self, draw):
        """How many letters the next one depends on."""
        if self.loose:
            return 3 if draw < 0.15 else 2 if draw < 0.7 else 1
        return 3 if draw < 0.4 else 2

    def made(self, rng):
        while True:
            name = "^" * ORDER
            while not name.endswith("$") and len(name) < ORDER + 12:
                length = self.context(rng.random())
                # After a letter that stood there for the first time, fewer letters are known.
                while name[-length:] not in self.chain:
                    length -= 1
                name += rng.choice(self.chain[name[-length:]])
            name = name.strip("^$")
            if 3 <= len(name) <= 11 and name not in self.kept:
                return name.capitalize()

    def some(self, rng, count):
        """Different names, three of ten of them known ones, or one of ten."""
        found, share = [], 0.1 if self.loose else 0.3
        while len(found) < count:
            name = rng.choice(self.known) if self.known and rng.random() < share else self.made(rng)
            if name not in found:
                found.append(name)
        return found


class KeptNames:
    def __init__(self, kept):
        self.kept = kept

    def some(self, rng, count):
        return rng.sample(self.kept, count)
