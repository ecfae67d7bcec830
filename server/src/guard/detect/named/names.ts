/**
 * What a name says of the value it stands before, for keys of attributes and for names in a text alike
 * (`"first_name":"Ada"`, `db.password=…`). The lists are closed under spelling: case, `_`, `-` and `.` do not count.
 */
export type Meaning =
  /** A secret, whatever it looks like. */
  | 'secret'
  /** A secret if it looks like one: these names are also given to other things. */
  | 'token'
  | 'header'
  | 'cookie'
  | 'jwk'
  | 'card_number'
  | 'card_code'
  | 'phone'
  | 'ssn'
  | 'person_id'
  | 'document_number'
  | 'bank_account'
  | 'person_name'
  /** A name of a person, or of anything else. */
  | 'name'
  | 'address'
  | 'place'
  | 'birth_date';

const NAMES: Readonly<Record<Meaning, string>> = {
  secret:
    'password passwd passphrase passcode pwd userpassword passwort contrasena motdepasse secret clientsecret secretkey secretaccesskey ' +
    'apikey apisecret apitoken accesskey accesstoken accountkey sharedkey sharedaccesskey sharedsecret storagekey privatekey ' +
    'signingkey signingsecret encryptionkey masterkey authkey authtoken refreshtoken sessiontoken securitytoken idtoken bearertoken bottoken ' +
    'servicetoken webhooksecret consumersecret oauthtoken credential credentials dbpass dbpassword userpass basicauth xapikey ' +
    'otp totp onetimepassword pincode licensekey appkey applicationkey sastoken subscriptionkey ocpapimsubscriptionkey ' +
    'devicetoken csrftoken xsrftoken resettoken verificationtoken jwttoken usertoken secrettoken ' +
    'ddapikey ddappkey newreliclicensekey herokuapikey xamzsecuritytoken xamzsignature xamzcredential xauthtoken xvaulttoken xgitlabtoken privatetoken',
  token:
    'token auth key sig signature pass session sessionid sid jwt jsessionid phpsessid connectsid sessid pat hmac authcode accesscode',
  header: 'authorization proxyauthorization',
  cookie: 'cookie setcookie',
  jwk: 'd p q dp dq qi k',
  card_number:
    'cardnumber cardno ccnumber ccno creditcard creditcardnumber debitcard pan primaryaccountnumber cardnum ccnum',
  card_code: 'cvv cvc cvv2 cvc2 cid securitycode cardsecuritycode cardcvv cardcvc pin cardpin',
  phone:
    'phone phonenumber phoneno mobile mobilenumber mobilephone telephone telephonenumber tel fax faxnumber msisdn cell cellphone ' +
    'homephone workphone contactnumber contactphone telefon handy telefono whatsapp callerid callernumber e164',
  ssn: 'ssn ssnumber socialsecurity socialsecuritynumber socialsecurityno socialsecuritynum',
  person_id:
    'nino nationalinsurance nationalinsurancenumber bsn burgerservicenummer ' +
    'taxid taxidnumber taxnumber tin itin steuerid steueridentifikationsnummer steuernummer idnr pesel nip cpf aadhaar aadhaarnumber aadhar sin insee nir ' +
    'numerosecu securitesociale dni nie nif codicefiscale personnummer personalnumber fodselsnummer cpr cprnumber hetu henkilotunnus ahv avs ' +
    'nationalid nationalidnumber nationalidentifier nationalnumber rijksregisternummer identitynumber idcard idcardnumber curp rut rrn nric nhs nhsnumber tckn tckimlik',
  document_number:
    'passport passportnumber passportno driverlicense driverslicense driverlicensenumber driverslicensenumber driverslicence drivinglicence ' +
    'drivinglicencenumber licensenumber licencenumber medicalrecordnumber mrn insurancenumber policyholdernumber healthinsurancenumber visanumber',
  bank_account:
    'iban accountnumber accountno bankaccount bankaccountnumber routingnumber sortcode acctno acctnumber aba',
  person_name:
    'firstname lastname givenname familyname surname middlename maidenname fullname fname lname forename vorname nachname prenom nombre ' +
    'customername patientname patient employeename contactname cardholder cardholdername nameoncard accountholder accountholdername ' +
    'beneficiary beneficiaryname recipientname sendername payername payeename applicantname membername guestname passengername ' +
    'personname realname legalname nickname doctorname ownername holdername spousename mothersmaidenname',
  name: 'name username displayname customer contact recipient user employee passenger guest applicant cc to from owner author',
  address:
    'address streetaddress street street1 street2 addressline addressline1 addressline2 address1 address2 postaladdress homeaddress billingaddress ' +
    'shippingaddress mailingaddress deliveryaddress residence addr strasse anschrift adresse direccion addressstreet',
  place: 'city town postcode postalcode zip zipcode plz ort ville ciudad',
  birth_date:
    'dateofbirth dob birthdate birthday birthdaydate birth geburtsdatum geburtstag datedenaissance fechanacimiento born',
};

const MEANINGS = new Map<string, Meaning>();
for (const [meaning, names] of Object.entries(NAMES))
  for (const name of names.split(' ')) MEANINGS.set(name, meaning as Meaning);

/** Of one word are names too general to count at the end of a longer one: `host.name`, `server.address`, `sort.key`. */
const ONLY_ALONE = new Set<Meaning>(['name', 'jwk']);
/** Words before `address`, `phone` … that say it is none of a person. */
const OF_MACHINES =
  /(?:https?|smtp|grpc|rpc|web|ui|server|client|peer|remote|local|source|destination|host|ip|mac|bind|listen|network|socket|memory|service|pod|node|next|prev|page|cursor|continuation|pagination|sort|partition|primary|foreign|routing|cache|row|object|idempotency|public|s3|message|record|map|dict|sync|etag)$/;

const words = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');

function lookUp(name: string): Meaning | null {
  const parts = words(name);
  const last = parts.length - 1;
  for (let from = Math.max(0, parts.length - 4); from <= last; from++) {
    const joined = parts.slice(from).join('');
    const meaning = MEANINGS.get(joined) ?? MEANINGS.get(joined.replace(/s$/, ''));
    if (meaning === undefined) continue;
    if (from > 0 && ONLY_ALONE.has(meaning)) return null;
    if (from === last && from > 0 && meaning !== 'secret' && OF_MACHINES.test(parts[from - 1] as string))
      return null;
    return meaning;
  }
  return null;
}

/** Names come again and again; they are code, not data, but what is long is not kept. */
const known = new Map<string, Meaning | null>();
const MOST_KNOWN = 8_192;
const LONGEST_KNOWN = 64;

/** What a name says of its value; null when it says nothing. */
export function meaningOf(name: string): Meaning | null {
  const found = known.get(name);
  if (found !== undefined) return found;
  const meaning = lookUp(name);
  if (name.length <= LONGEST_KNOWN) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, meaning);
  }
  return meaning;
}

export const NAMES_TEXT = JSON.stringify(NAMES);
