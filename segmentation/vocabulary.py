"""The words of headers: abbreviations, other languages, words written together, misspellings.

A canonical word is English and singular or plural as the rules ask for it ("customer", "purchases", "child"). Languages: German,
French, Spanish, Italian, Portuguese and Dutch, for the words that matter to a table of customers or of orders.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

_SAME = """
    seats speed stars movie south hours summer radio mount shared scope spare not
    account active address age amount annual average balance birth born branch bill buyer campaign cancelled card category
    channel charges child city class client code comment complaint consent contact contract cost count country created credit
    customer date day days default delivery dependents description device discount duration earnings education email employment
    enrolled enrolment ethnicity fee first frequency fresh gender gold grocery group guid home household id income inactive
    installment invoice item job joined key last level limit line loan location loyalty marital marketing member milk mobile
    monetary month monthly months name nationality net newsletter number occupation online order outcome package paper partner
    password payment paid percent permission phone plan policy price product products profession purchases quantity rate ratio
    receipt recency record region registered registration religion renewal response responded returns revenue sale sales salary
    score segment senior service share shipping since sku spend staff start state status stock store street subscription
    subtotal support surname tax teen tenure tier time total transactions type unit user usage utilization value visits wage web
    week weekday year years zip zone frozen fish fruit meat wine sweets bakery beverage clothing electronics furniture jewelry
    detergents delicatessen toys books housing advance streaming security backup protection movies internet tech minutes calls
    plan charges roaming extra churn churned attrition converted conversion accepted exited renewed signup onboarded opened
    latitude longitude state stage store score stories story mouth moth prize prices paper fax flag index row note notes remark
    version source
"""

_WRITTEN = """
    cust=customer customers=customer clnt=customer clients=customer client=customer amt=amount mnt=amount num=number nbr=number
    no=number nr=number dt=date dte=date yr=year yrs=years tot=total pct=percent prc=percent perc=percent percentage=percent
    qty=quantity tel=phone telephone=phone cellphone=phone mail=email addr=address subscr=subscription kids=kid children=child
    dependants=dependents dependent=dependents dependant=dependents visit=visits session=visits sessions=visits login=visits
    logins=visits purchase=purchases orders=purchases spent=spend spending=spend spendings=spend spnd=spend charge=charges
    sex=gender teens=teen acct=account acc=account avg=average mean=average ave=average txn=transactions txns=transactions
    trx=transactions trans=transactions trns=transactions transaction=transactions cnt=count ct=count cntry=country bal=balance
    chng=change chg=change dob=birth_date yob=birth_year birthdate=birth_date birthday=birth_date birthyear=birth_year
    ltv=lifetime_value clv=lifetime_value cltv=lifetime_value aov=average_order_value mrr=monthly_revenue arr=annual_revenue
    arpu=average_revenue basket=basket freq=frequency rev=revenue inv=invoice prod=product cat=category ctgry=category
    desc=description descr=description ctry=country cc=cc usr=user uid=user_id cid=customer_id custid=customer_id userid=user_id
    memberid=member_id clientid=customer_id clientnum=customer_number custno=customer_number emp=employment occ=occupation
    edu=education educ=education reg=registration sgnup=signup mth=month mths=months mon=months mo=months wk=week hh=household
    sal=salary inc=income postcode=zip zipcode=zip postal=zip firstname=firstname lastname=lastname fullname=fullname
    surname=lastname forename=firstname prices=price units=quantity pieces=quantity pcs=quantity items=quantity ids=id
    identifier=id uuid=id ident=id ref=reference turnover=revenue takings=revenue ordered=order purchased=purchases
    bought=purchases buys=purchases invoices=invoice receipts=receipt tickets=ticket timestamp=date datetime=date
    returns=returns returned=returns refund=returns refunds=returns delicassen=delicatessen fruits=fruit wines=wine
    prods=products sweet=sweets groceries=grocery meats=meat customername=customer_name shopper=customer patron=customer
    optin=opt_in optout=opt_out
"""

_OURS = """
    catalogue complain complained complaints deal deals has have high kid long low orders responded responds senior teenagers web young
"""
"""English words of the labels that we make ourselves, where no header means anything by them."""

_GERMAN = """
    anteil=share werbung=marketing
    kunde=customer kunden=customer kundin=customer kundennummer=customer_number kundennr=customer_number kundenid=customer_id
    geburtsjahr=birth_year geburtsdatum=birth_date geburtstag=birth_date jahrgang=birth_year geboren=born alter=age
    einkommen=income jahreseinkommen=annual_income gehalt=salary verdienst=earnings kinder=child kinderzahl=child_count
    kind=child umsatz=revenue gesamtumsatz=total_revenue ausgaben=spend betrag=amount gesamtbetrag=total_amount summe=total
    gesamt=total bestellung=order bestellungen=purchases bestellnummer=order_number bestellnr=order_number
    bestelldatum=order_date auftrag=order auftragsnummer=order_number kaufe=purchases kaeufe=purchases kauf=purchases
    einkaufe=purchases einkaeufe=purchases besuche=visits seit=since tage=days letzter=last letzte=last letztem=last
    letzten=last letztes=last kaufdatum=purchases_date anmeldedatum=registration_date eintrittsdatum=joined_date
    registrierungsdatum=registration_date beitritt=joined mitglied=member geschlecht=gender familienstand=marital_status
    bildung=education bildungsabschluss=education ausbildung=education beruf=occupation telefon=phone telefonnummer=phone_number
    handy=mobile strasse=street adresse=address anschrift=address plz=zip postleitzahl=zip ort=city stadt=city land=country
    vorname=firstname nachname=lastname einwilligung=consent werbeeinwilligung=marketing_consent zustimmung=consent
    abgewandert=churned kundigung=churn kuendigung=churn gekundigt=churned gekuendigt=churned abwanderung=churn
    reaktion=response antwort=response werbeerlaubnis=consent erlaubnis=consent rechnung=invoice rechnungsnummer=invoice_number
    rechnungsnr=invoice_number rechnungsdatum=invoice_date menge=quantity anzahl=count stuck=quantity stueck=quantity
    preis=price einzelpreis=unit_price stuckpreis=unit_price stueckpreis=unit_price artikel=product artikelnummer=product_number
    artikelnr=product_number produkt=product bezeichnung=description kategorie=category warengruppe=category kanal=channel
    datum=date jahr=year monat=month guthaben=balance kontostand=balance rabatt=discount belegnummer=receipt_number
    gesamtpreis=total_price
"""

_FRENCH = """
    numero=number annee=year naissance=birth datenaissance=birth_date revenu=income revenus=income salaire=salary enfants=child
    enfant=child depenses=spend depense=spend montant=amount chiffre=revenue affaires=revenue commandes=purchases commande=order
    achats=purchases achat=purchases visites=visits jours=days depuis=since dernier=last derniere=last inscription=registration
    adhesion=registration sexe=gender civilite=gender etat=marital matrimonial=marital situation=marital familiale=marital
    diplome=education etudes=education profession=profession courriel=email telephone=phone portable=mobile rue=street
    postale=zip ville=city pays=country prenom=firstname nom=name consentement=consent resilie=churned resiliation=churn
    reponse=response facture=invoice quantite=quantity prix=price unitaire=unit produit=product article=product
    categorie=category canal=channel mois=month solde=balance remise=discount nombre=count designation=description
"""

_SPANISH = """
    cliente=customer clientes=customer anio=year ano=year nacimiento=birth fecha=date edad=age ingresos=income ingreso=income
    sueldo=salary salario=salary renta=income hijos=child ninos=child gasto=spend gastos=spend gastado=spend ventas=sales
    compras=purchases compra=purchases pedidos=purchases pedido=order visitas=visits dias=days desde=since ultima=last
    ultimo=last alta=joined registro=registration genero=gender sexo=gender estado=status civil=marital educacion=education
    estudios=education correo=email electronico=email telefono=phone movil=mobile direccion=address calle=street ciudad=city
    pais=country apellido=lastname apellidos=lastname consentimiento=consent baja=churn abandono=churn respuesta=response
    factura=invoice cantidad=quantity precio=price unitario=unit producto=product articulo=product categoria=category mes=month
    saldo=balance importe=amount descuento=discount descripcion=description
"""

_ITALIAN = """
    anno=year nascita=birth eta=age reddito=income stipendio=salary figli=child spesa=spend spese=spend fatturato=revenue
    ordini=purchases ordine=order acquisti=purchases acquisto=purchases visite=visits giorni=days dal=since dall=since
    ultimo=last iscrizione=registration registrazione=registration sesso=gender genere=gender stato=status civile=marital
    istruzione=education studio=education cellulare=mobile indirizzo=address citta=city paese=country cognome=lastname nome=name
    consenso=consent abbandono=churn risposta=response fattura=invoice quantita=quantity prezzo=price prodotto=product
    articolo=product canale=channel importo=amount totale=total sconto=discount descrizione=description codice=code
    cliente=customer data=date mese=month
"""

_PORTUGUESE = """
    nascimento=birth idade=age renda=income rendimento=income filhos=child despesa=spend despesas=spend gastos=spend
    faturamento=revenue vendas=sales encomenda=order encomendas=purchases compras=purchases ultima=last cadastro=registration
    adesao=joined escolaridade=education educacao=education telefone=phone telemovel=mobile celular=mobile endereco=address
    morada=address cidade=city sobrenome=lastname apelido=lastname consentimento=consent cancelou=churned resposta=response
    fatura=invoice quantidade=quantity preco=price produto=product artigo=product canal=channel valor=amount desconto=discount
    descricao=description cep=zip
"""

_DUTCH = """
    klant=customer klanten=customer klantnummer=customer_number klantnr=customer_number geboortejaar=birth_year
    geboortedatum=birth_date leeftijd=age inkomen=income salaris=salary kinderen=child uitgaven=spend besteed=spend
    omzet=revenue bestellingen=purchases bestelling=order aankopen=purchases aankoop=purchases bezoeken=visits dagen=days
    sinds=since laatste=last lid=member inschrijfdatum=registration_date aanmelddatum=registration_date geslacht=gender
    burgerlijke=marital staat=status opleiding=education opleidingsniveau=education telefoonnummer=phone_number telefoon=phone
    adres=address straat=street stad=city woonplaats=city voornaam=firstname achternaam=lastname toestemming=consent
    opgezegd=churned opzegging=churn reactie=response factuur=invoice factuurnummer=invoice_number factuurdatum=invoice_date
    ordernummer=order_number besteldatum=order_date aantal=count hoeveelheid=quantity prijs=price stukprijs=unit_price
    eenheidsprijs=unit_price bedrag=amount totaalbedrag=total_amount totaal=total korting=discount omschrijving=description
    categorie=category kanaal=channel datum=date jaar=year maand=month
"""

_FILLERS = frozenset(
    {"de", "del", "der", "des", "di", "da", "do", "du", "van", "el", "la", "le", "les", "the", "of", "per", "pro", "im", "am", "und",
     "and", "y", "et", "e", "d", "l"}
)  # fmt: skip
_LONG_ENOUGH = 5  # shorter words are a letter away from too many others


def _read(*lists: str) -> dict[str, tuple[str, ...]]:
    """ "word=canonical_words" entries; where two languages share a word the first list wins."""
    known: dict[str, tuple[str, ...]] = {}
    for entry in " ".join(lists).split():
        word, _, meaning = entry.partition("=")
        known.setdefault(word, tuple(meaning.split("_")) if meaning else (word,))
    return known


_KNOWN = _read(_WRITTEN, _SAME, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH)
_ENGLISH = frozenset(_read(_WRITTEN, _SAME, _OURS))
_FOREIGN = frozenset(_read(_GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH)) - frozenset(_read(_WRITTEN, _SAME))


def is_english(words: Sequence[str]) -> bool:
    """Whether all `words`, in any case, are English ones that we know; others keep the case in which they are written."""
    return all(word.isdigit() or word.lower() in _ENGLISH for word in words)


def canonical(words: Sequence[str]) -> tuple[str, ...]:
    """The lower-case `words` of a header in the vocabulary's own words; what it does not know stays, small words go."""
    plain = [_plain(word) for word in words]
    meanings = [("date",) if word == "data" and _FOREIGN.intersection(plain) - {"data"} else _meaning(word) for word in plain]
    telling = [meaning for word, meaning in zip(plain, meanings, strict=True) if word not in _FILLERS]
    return tuple(word for meaning in telling or meanings for word in meaning)


def corrected(words: Sequence[str]) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """`words` with misspelt ones put right, and which they were: (as written, as known)."""
    repairs = {word: near for word in words if (near := _nearest(_plain(word)))}
    return [repairs.get(word, word) for word in words], tuple(repairs.items())


def _plain(word: str) -> str:
    """Without accents and without the number that tells one of several apart ("address2")."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(sign))
    return re.sub(r"(?<=[^\W\d]{3})\d+$", "", bare)


def _meaning(word: str) -> tuple[str, ...]:
    return _looked_up(word) or _taken_apart(word) or (word,)


def _looked_up(word: str) -> tuple[str, ...] | None:
    return _KNOWN.get(word) or (_KNOWN.get(word[:-1]) if word.endswith("s") and len(word) > 4 else None)


def _taken_apart(word: str) -> tuple[str, ...] | None:
    """Two known words written as one ("totalspend", "customerid"); the longest first word wins."""
    for cut in range(len(word) - 2, 2, -1):
        first, second = word[:cut], word[cut:]
        if (len(second) >= 3 or second in {"id", "no", "nr"}) and first in _KNOWN and second in _KNOWN:
            return (*_KNOWN[first], *_KNOWN[second])
    return None


@lru_cache(maxsize=4096)
def _nearest(word: str) -> str | None:
    """The known word that `word` misspells: one slip (a letter too many, too few, wrong or swapped), two in a long word."""
    if len(word) < _LONG_ENOUGH or not word.isalpha() or _looked_up(word) or _taken_apart(word):
        return None
    slips = 1 if len(word) < 8 else 2
    near = [(DamerauLevenshtein.distance(word, known, score_cutoff=slips), known) for known in _LONG_KNOWN]
    distance, best = min(near, key=lambda each: (each[0], each[1][0] != word[0], each[1]))
    return best if distance <= slips else None


_LONG_KNOWN = tuple(word for word in _KNOWN if len(word) >= _LONG_ENOUGH)
