"""Headers and values of columns as shops have them, and what they mean; all values are made up."""

from __future__ import annotations

import random

ROWS = 60
_RANDOM = random.Random(11)


def _numbers(low: float, high: float, decimals: int = 0) -> list[str]:
    return [f"{_RANDOM.uniform(low, high):.{decimals}f}" for _ in range(ROWS)]


def _of(*words: str) -> list[str]:
    return [words[row * 7 % len(words)] for row in range(ROWS)]


def _each(form: str) -> list[str]:
    return [form.format(n=n, nn=f"{n:02}", seven=1_000_000 + 7_919 * n) for n in range(1, ROWS + 1)]


AGES, YEARS, MONEY, SUMS = _numbers(18, 90), _numbers(1940, 2004), _numbers(9_000, 90_000), _numbers(0, 900, 2)
FEW, COUNTS, DAYS_AGO, SHARES = _numbers(0, 4), _numbers(0, 60), _numbers(0, 365), _numbers(0, 1, 2)
DATES = [f"20{10 + n % 12}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(ROWS)]
BIRTHS = [f"{1 + n % 28:02}.{1 + n % 12:02}.19{40 + n % 60}" for n in range(ROWS)]
ONES, YES_NO, CODES = _of("0", "1"), _of("yes", "no"), _of("1", "2", "3")
IDS, MAILS, PHONES = _each("{seven}"), _each("p{n}@shop.example"), _each("+49 30 55501{nn}")
PEOPLE, PLACES = _each("Ada Person{n}"), _of("Rome", "Oslo", "Bern")

CASES: tuple[tuple[str, list[str], str], ...] = (
    # ids
    ("customer_id", IDS, "customer_id"), ("CustomerID", IDS, "customer_id"), ("cust_id", IDS, "customer_id"),
    ("CLIENTNUM", IDS, "customer_id"),
    ("custmer id", IDS, "customer_id"), ("Kundennummer", IDS, "customer_id"), ("id_client", IDS, "customer_id"),
    ("id_cliente", IDS, "customer_id"), ("codice cliente", IDS, "customer_id"), ("klantnummer", IDS, "customer_id"),
    ("numero_cliente", IDS, "customer_id"), ("user_id", IDS, "customer_id"), ("MemberNo", IDS, "customer_id"),
    # birth and age
    ("dob", BIRTHS, "birth_year"), ("yob", YEARS, "birth_year"), ("Year_Brith", YEARS, "birth_year"), ("BirthYear", YEARS, "birth_year"),
    ("Geburtsjahr", YEARS, "birth_year"), ("Geburtsdatum", BIRTHS, "birth_year"), ("date_de_naissance", BIRTHS, "birth_year"),
    ("fecha_nacimiento", BIRTHS, "birth_year"), ("data di nascita", BIRTHS, "birth_year"), ("data_nascimento", BIRTHS, "birth_year"),
    ("geboortejaar", YEARS, "birth_year"), ("Customer_Age", AGES, "age"), ("Alter", AGES, "age"), ("âge", AGES, "age"),
    ("edad", AGES, "age"),
    ("idade", AGES, "age"), ("leeftijd", AGES, "age"), ("età", AGES, "age"), ("account_age_days", DAYS_AGO, "number"),
    ("age_group", _of("18-25", "26-40", "41-60"), "category"),
    # income and children
    ("Incom", MONEY, "income"), ("Annual Income (k$)", _numbers(15, 140), "income"), ("Einkommen", MONEY, "income"),
    ("revenu_annuel", MONEY, "income"), ("ingresos", MONEY, "income"), ("reddito", MONEY, "income"), ("renda", MONEY, "income"),
    ("inkomen", MONEY, "income"), ("salary", MONEY, "income"),
    ("Income_Category", _of("Less than $40K", "$40K - $60K", "$120K +"), "category"),
    ("Kinder", FEW, "dependents"), ("nombre_enfants", FEW, "dependents"), ("numero_hijos", FEW, "dependents"), ("figli", FEW, "dependents"),
    ("filhos", FEW, "dependents"), ("aantal_kinderen", FEW, "dependents"), ("Dependent_count", FEW, "dependents"),
    ("childern", FEW, "dependents"), ("Dependents", YES_NO, "flag"),
    # money
    ("tot_spnd", SUMS, "spend"), ("total_spend", SUMS, "spend"), ("totalspend", SUMS, "spend"), ("Umsatz", SUMS, "spend"),
    ("dépenses", SUMS, "spend"), ("gasto_total", SUMS, "spend"), ("spesa_totale", SUMS, "spend"), ("gastos", SUMS, "spend"),
    ("omzet", SUMS, "spend"), ("monetary", SUMS, "spend"), ("PURCHASES", SUMS, "spend"), ("ONEOFF_PURCHASES", SUMS, "spend"),
    ("Total_Trans_Amt", _numbers(500, 9_000), "spend"), ("Grocery", _numbers(3, 9_000), "spend"),
    ("Delicassen", _numbers(3, 9_000), "spend"),
    ("Detergents_Paper", _numbers(3, 9_000), "spend"), ("aov", SUMS, "amount"), ("ltv", SUMS, "amount"),
    ("mrr", SUMS, "amount"), ("avg_basket", SUMS, "amount"), ("balance", _numbers(-500, 9_000), "amount"),
    ("Credit_Limit", MONEY, "amount"),
    ("Total_Revolving_Bal", _numbers(0, 2_500), "amount"), ("CASH_ADVANCE", SUMS, "amount"), ("MINIMUM_PAYMENTS", SUMS, "amount"),
    ("MonthlyCharges", SUMS, "amount"), ("Kontostand", SUMS, "amount"),
    # how often, how long ago
    ("Orders_Store", _numbers(0, 12), "purchases"),
    ("txn_cnt", COUNTS, "purchases"), ("num_orders", COUNTS, "purchases"), ("Total_Trans_Ct", COUNTS, "purchases"),
    ("Anzahl Bestellungen", COUNTS, "purchases"), ("nombre_commandes", COUNTS, "purchases"), ("pedidos", COUNTS, "purchases"),
    ("ordini", COUNTS, "purchases"), ("encomendas", COUNTS, "purchases"), ("aantal_bestellingen", COUNTS, "purchases"),
    ("frequency", COUNTS, "purchases"), ("PURCHASES_TRX", COUNTS, "purchases"), ("Besuche", COUNTS, "visits"),
    ("visites", COUNTS, "visits"),
    ("visitas", COUNTS, "visits"), ("web_sessions", COUNTS, "visits"), ("qty", COUNTS, "count"), ("Recency", DAYS_AGO, "recency_days"),
    ("Recencey", DAYS_AGO, "recency_days"), ("days_since_last_purchase", DAYS_AGO, "recency_days"),
    ("Tage seit letztem Kauf", DAYS_AGO, "recency_days"), ("jours depuis dernier achat", DAYS_AGO, "recency_days"),
    ("dias_desde_ultima_compra", DAYS_AGO, "recency_days"), ("giorni dall'ultimo acquisto", DAYS_AGO, "recency_days"),
    ("dagen_sinds_laatste_aankoop", DAYS_AGO, "recency_days"), ("Total_Relationship_Count", _numbers(1, 6), "count"),
    ("Months_on_book", _numbers(13, 56), "number"), ("tenure", _numbers(0, 72), "number"),
    # dates
    ("signup_date", DATES, "enrolled_on"), ("customer_since", DATES, "enrolled_on"), ("Kunde seit", DATES, "enrolled_on"),
    ("date_inscription", DATES, "enrolled_on"), ("fecha_alta", DATES, "enrolled_on"), ("data_iscrizione", DATES, "enrolled_on"),
    ("data_cadastro", DATES, "enrolled_on"), ("inschrijfdatum", DATES, "enrolled_on"), ("Joind", DATES, "enrolled_on"),
    ("last_purchase_date", DATES, "ignore"), ("last_login", DATES, "ignore"),
    # shares
    ("PURCHASES_FREQUENCY", SHARES, "ratio"), ("BALANCE_FREQUENCY", SHARES, "ratio"), ("PRC_FULL_PAYMENT", SHARES, "ratio"),
    ("Avg_Utilization_Ratio", SHARES, "ratio"), ("Total_Ct_Chng_Q4_Q1", _numbers(0, 3, 3), "ratio"),
    ("Spending Score (1-100)", _numbers(1, 99), "ratio"), ("return_rate", SHARES, "ratio"),
    # words and codes
    ("Channel", _of("1", "2"), "category"), ("Region", CODES, "category"), ("Geschlecht", _of("m", "w"), "category"),
    ("Familienstand", _of("ledig", "verheiratet"), "category"), ("estado_civil", _of("soltero", "casado"), "category"),
    ("formation", _of("bac", "licence", "master"), "category"), ("marital", _of("single", "married"), "category"),
    ("job", _of("admin.", "technician", "retired"), "category"), ("contact", _of("cellular", "telephone", "unknown"), "category"),
    ("poutcome", _of("failure", "success", "other", "unknown"), "category"), ("store_id", CODES, "category"), ("city", PLACES, "category"),
    ("month", _of("may", "jun", "jul"), "category"), ("day", _numbers(1, 20), "category"),
    # flags, outcomes, consent
    ("default", YES_NO, "flag"), ("SeniorCitizen", ONES, "flag"), ("is_vip", _of("true", "false"), "flag"), ("y", YES_NO, "outcome"),
    ("Churn", YES_NO, "outcome"), ("Chrun", ONES, "outcome"), ("Exited", ONES, "outcome"), ("Abwanderung", ONES, "outcome"),
    ("baja", ONES, "outcome"), ("réponse", ONES, "outcome"), ("Attrition_Flag", _of("Existing Customer", "Attrited Customer"), "outcome"),
    ("opt_in", YES_NO, "consent"), ("Einwilligung", YES_NO, "consent"), ("consentement", YES_NO, "consent"),
    ("unsubscribed", ONES, "consent"), ("do_not_contact", ONES, "consent"),
    ("num_contacts", CODES, "count"), ("support_tickets", FEW, "number"), ("Anteil_online", SHARES, "ratio"), ("Summer", SUMS, "number"),
    # people
    ("E-Mail", MAILS, "contact"), ("kontakt", MAILS, "contact"), ("phone", PHONES, "contact"), ("Telefonnummer", IDS, "contact"),
    ("feld_7", PHONES, "contact"), ("Nachname", PEOPLE, "contact"), ("prénom", PEOPLE, "contact"), ("apellidos", PEOPLE, "contact"),
    ("first_name", PEOPLE, "contact"), ("zip", _each("101{nn}"), "contact"), ("PLZ", _each("101{nn}"), "contact"),
    ("wohnhaft", _each("Lange Gasse {n}"), "contact"), ("delivery", _each("{n} High Street, Leeds"), "contact"),
    ("email_opens", COUNTS, "count"), ("phone_type", _of("ios", "android"), "category"), ("last_contact_outcome", YES_NO, "outcome"),
    # as published data sets call them
    ("EstimatedSalary", MONEY, "income"), ("CreditScore", _numbers(350, 850), "ratio"), ("NumOfProducts", _numbers(1, 4), "count"),
    ("HasCrCard", ONES, "flag"), ("IsActiveMember", ONES, "flag"), ("Geography", PLACES, "category"), ("Surname", PEOPLE, "contact"),
    ("RowNumber", [str(n) for n in range(1, ROWS + 1)], "ignore"), ("Purchase Amount (USD)", _numbers(20, 100), "amount"),
    ("Review Rating", _numbers(2, 5, 1), "number"), ("Promo Code Used", YES_NO, "flag"), ("Previous Purchases", COUNTS, "purchases"),
    ("Frequency of Purchases", _of("Weekly", "Monthly"), "category"), ("Item Purchased", _of("Hat", "Sock"), "category"),
    ("Days Since Last Login", DAYS_AGO, "recency_days"), ("Average Order Value", SUMS, "amount"), ("order_value", SUMS, "amount"),
    ("household_size", _numbers(1, 6), "count"), ("marital_status", CODES, "category"), ("income_level", CODES, "category"),
    ("number_of_children", FEW, "dependents"), ("date_joined", DATES, "enrolled_on"), ("DateOfBirth", BIRTHS, "birth_year"),
    ("sex", _of("M", "F"), "category"), ("mobile", PHONES, "contact"), ("campaign_response_rate", SHARES, "ratio"),
    ("email_address", MAILS, "contact"), ("product_name", _of("Hat", "Sock"), "category"), ("age_of_account", _numbers(1, 30), "number"),
    ("Marketing_Permission", YES_NO, "consent"), ("avg_session_minutes", SUMS, "number"), ("coupon_rate", SHARES, "ratio"),
    # neither
    ("invoice_id", IDS, "ignore"), ("remark", _each("said {n} things"), "ignore"),
    ("latitude", [str(40 + n) for n in range(ROWS)], "ignore"),
    ("predicted_cluster", CODES, "ignore"), ("duration", _numbers(4, 900), "number"), ("pdays", _numbers(-1, 300), "number"),
    ("zufriedenheit", _numbers(1, 10), "number"), ("Wohnkosten", SUMS, "amount"), ("nps", _numbers(0, 10), "number"),
    ("Sterne", _numbers(1, 5), "ordinal"), ("anrede", _of("Herr", "Frau"), "category"),
)  # fmt: skip
