"""Common Urdu words as people type them in Latin letters, and English loanwords in English spelling.

The letter rules in roman_urdu.py cannot know the short vowels that Urdu leaves out, so the words heard most
under a disclosure stand here, in the spelling most usual on Pakistani social media. A line holds Urdu and
Roman Urdu in turn; a line that begins with "#" is a heading. Keys are normalised as text.py does it. Words
that the letter rules spell right are left out, but for a few of the commonest.
"""

TABLE = """
# Function words and pronouns
میں mein  مجھے mujhe  مجھ mujh  ہم hum  ہمیں humein  تم tum  تمہیں tumhein  تمہارا tumhara
تمہاری tumhari  تمہارے tumhare  تجھے tujhe  تجھ tujh  آپ aap  وہ wo  یہ ye  اس us  ان un  اسے usay
انہیں unhein  انہوں unhon  اسکا uska  اسکی uski  اسکے uske  اسکو usko  اسنے usne  انکا unka  انکی unki
انکے unke  انکو unko  اسی usi  انہی unhi  وہی wohi  یہی yehi  یہیں yahin  وہیں wahin  کہیں kahin
ادھر idhar  ادھرسے idhar  کدھر kidhar  جدھر jidhar  خود khud  کیا kya  کیوں kyun  کیونکہ kyunke
کیسے kaise  کیسا kaisa  کیسی kaisi  کون kaun  کونسا kaunsa  کونسی kaunsi  کس kis  کسی kisi  کسے kise
کسکا kiska  کتنا kitna  کتنی kitni  کتنے kitne  کن kin  جس jis  جن jin  جسے jise  جسکا jiska  جسکی jiski
جنہیں jinhein  جنہوں jinhon  پہ pe  کہ ke  اور aur  لیکن lekin  بلکہ balke  حالانکہ halanke
چونکہ chunke  تاکہ taake  جبکہ jabke  اگرچہ agarche  نہیں nahi  نہ na  نئیں nahi  ناں na  لئے liye
بغیر baghair  بنا bina  ساتھ sath  بعد baad  پھر phir  اوپر upar  نیچے neeche  پیچھے peeche  طرف taraf
طرح tarah  طریقہ tareeqa  طریقے tareeqe  خلاف khilaf  متعلق mutaliq  ذریعے zariye  مطابق mutabiq
علاوہ ilawa  سوا siwa  سوائے siwaye  دور door  بہت bohat  زیادہ zyada  کافی kaafi  پورا poora
پوری poori  پورے poore  کچھ kuch  کئی kai  بعض baaz  دونوں dono  چار char  چھ che  لاکھ lakh  کروڑ crore
تیسرا teesra  تیسری teesri  آخر akhir  آخری akhri  ایسا aisa  ایسی aisi  ایسے aise  ویسا waisa
ویسی waisi  ویسے waise  جیسا jaisa  جیسی jaisi  جیسے jaise  اتنا itna  اتنی itni  اتنے itne  جتنا jitna
جتنی jitni  جتنے jitne  صرف sirf  بالکل bilkul  بلکل bilkul  یقینا yaqeenan  مثلا maslan  غالبا ghaliban
فورا foran  ہمیشہ hamesha  جلد jald  دیر der  صبح subah  راتوں raaton  دن din  دنوں dino  دوپہر dopahar
سالوں saalon  منٹ minute  وقت waqt  پھربھی phirbhi  ہاںجی haanji  واہ wah  اف uff  باوجود bawajood
لہذا lihaza  چنانچہ chunanche
# Verbs: to be, to do, to go, to come
ہے hai  ہیں hain  ہوں hoon  تھیں thin  ہوا hua  ہوئی hui  ہوئے hue  ہوئیں huin  ہوتیں hotin
ہوگیا hogaya  ہوگئی hogayi  کرتیں kartin  کروں karun  کئے kiye  جاؤں jaoun  گیا gaya  گئیں gayin
جارہا jaraha  آئی aayi  آؤں aaoun  آگیا aagaya  آگئی aagayi
# Verbs: to give, to take, to say, to tell, to ask
دوں doon  دیجئے dijiye  دلا dila  دلانا dilana  دلایا dilaya  دلوانا dilwana  لوں loon  لیجئے lijiye
لائی layi  کہہ keh  کہوں kahoon  بولوں bolun  بتاؤں bataoun  پوچھ pooch  پوچھو poocho  پوچھا poocha
پوچھی poochi  پوچھنا poochna  پوچھنے poochne  پوچھتا poochta  پوچھتے poochte  پوچھیں poochein
پوچھے pooche  سن sun  سنو suno  سنا suna  سنی suni  سنے sune  سننا sunna  سننے sunne  سنتا sunta
سنتی sunti  سنتے sunte  سنیں sunein  سنائی sunai  سنایا sunaya  سنانا sunana  سناؤ sunao
# Verbs: to see, to understand, to think, to believe
دیکھ dekh  دیکھو dekho  دیکھا dekha  دیکھی dekhi  دیکھے dekhe  دیکھنا dekhna  دیکھنے dekhne
دیکھتا dekhta  دیکھتی dekhti  دیکھتے dekhte  دیکھیں dekhein  دیکھوں dekhun  دکھا dikha  دکھاؤ dikhao
دکھایا dikhaya  دکھانا dikhana  دکھانے dikhane  دکھائی dikhai  دکھاتی dikhati  دکھاتے dikhate
ماننا maanna  ماننے maanne  بھول bhool  بھولو bhoolo  بھولا bhoola  بھولنا bhoolna  بھولتی bhoolti
بھولیں bhoolein  چاہ chah  چاہئے chahiye  سکوں sakoon  پائی payi
# Verbs: to write, to read, to send, to hide, to spread, to stop
لکھ likh  لکھو likho  لکھا likha  لکھی likhi  لکھے likhe  لکھنا likhna  لکھنے likhne  لکھتا likhta
لکھتی likhti  لکھتے likhte  لکھیں likhein  بھیج bhej  بھیجنا bhejna  بھیجنے bhejne  بھیجتا bhejta
بھیجتی bhejti  بھیجتے bhejte  چھپ chup  چھپا chupa  چھپاؤ chupao  چھپانا chupana  چھپانے chupane
چھپایا chupaya  چھپائی chupai  چھپاتی chupati  چھپاتے chupate  رک ruk  رکو ruko  رکا ruka  رکنا rukna
رکھوں rakhun  مٹاؤ mitao  مٹانا mitana  چھوڑ chor  چھوڑو choro  چھوڑا chora  چھوڑی chori  چھوڑے chore
چھوڑنا chorna  چھوڑنے chorne  چھوڑتا chorta  چھوڑتے chorte  چھوڑیں chorein  چھوڑوں chorun  نکل nikal
نکلو niklo  نکلا nikla  نکلی nikli  نکلے nikle  نکلنا nikalna  نکلنے nikalne  نکلتا nikalta
نکلتی nikalti  نکلتے nikalte  نکلیں niklein  نکالو nikalo  نکالا nikala  نکالی nikali  نکالنا nikalna
نکالنے nikalne  نکال nikal  نکالتے nikalte
# Verbs: to beat, to tease, to touch, to fear, to cry, to fight
مرگئی margayi  چھیڑ cher  چھیڑا chera  چھیڑنا cherna  چھیڑنے cherne  چھیڑتا cherta  چھیڑتے cherte
چھیڑخانی cherkhani  چھیڑچھاڑ cherchaar  چھاڑ chaar  چھوا chua  چھونا choona  چھونے choone  چھوئے chuye
چھو choo  روئی royi  ٹوٹ toot  ٹوٹا toota  ٹوٹی tooti  گھور ghoor  گھورنا ghoorna  گھورتا ghoorta
گھورتے ghoorte  بگاڑ bigaar  بگاڑا bigara  بگڑ bigar  سہہ seh  جھیل jhel  جھیلنا jhelna  گزر guzar
گزرا guzra  گزری guzri  گزرنا guzarna  گزرتی guzarti  گزارا guzara  گزار guzaar
# Verbs: the rest
مل mil  ملا mila  ملی mili  ملے mile  ملنا milna  ملنے milne  ملتا milta  ملتی milti  ملتے milte
ملو milo  ملیں milein  ملوایا milwaya  بیٹھ baith  بیٹھو baitho  بیٹھا baitha  بیٹھی baithi
بیٹھے baithe  بیٹھنا baithna  بیٹھنے baithne  بیٹھتی baithti  اٹھ uth  اٹھو utho  اٹھا utha  اٹھی uthi
اٹھے uthe  اٹھنا uthna  اٹھاؤ uthao  اٹھانا uthana  اٹھانے uthane  اٹھایا uthaya  اٹھائی uthai
اٹھائیں uthayein  اٹھتا uthta  کھائی khayi  پینا peena  پینے peene  پیتا peeta  پیتی peeti  پیتے peete
پہن pehen  پہننا pehenna  پہننے pehenne  پہنتا pehenta  پہنتی pehenti  پہنتے pehente  سوئی soyi
ہنس hans  ہنسنا hansna  ہنستے hanste  کھل khul  کھلا khula  کھلی khuli  کھلے khule  بلا bula  بلاؤ bulao
بلایا bulaya  بلانا bulana  ڈھونڈ dhoond  ڈھونڈو dhoondo  ڈھونڈنا dhoondna  کھیل khel  کھیلنا khelna
کھیلتے khelte  پھینک phenk  پھنس phans  رہنمائی rehnumai  گھوم ghoom  گھومنا ghoomna  گھومنے ghoomne
گھومتی ghoomti  پھرنا phirna  پھرتی phirti  پھرتے phirte  سیکھو seekho  سیکھنا seekhna  سکھاؤ sikhao
سکھانا sikhana  سکھایا sikhaya  ہلا hila  مسکراتی muskurati  مسکرا muskura  اتار utaar  اتارو utaro
اتاری utari  کھینچا kheencha  کھینچی kheenchi
# Family and people
لڑکی larki  عورت aurat  عورتیں auratein  عورتوں aurton  خواتین khawateen  انسان insan  انسانوں insanon
انسانیت insaniyat  ماں maa  امی ammi  ابو abbu  والد walid  والدہ walida  والدین waldain
بھائیوں bhaiyon  میاں mian  ماموں mamu  پھوپھو phupho  پھپھو phupho  سسر susar  سسرال susral
سسرالی susrali  بہو bahu  دیور dewar  کزن cousin  رشتہ rishta  رشتے rishte  رشتوں rishton
رشتہدار rishtedar  گھر ghar  گھریلو gharelu  نکاح nikah  منگنی mangni  منگیتر mangetar  دولہا dulha
دلہن dulhan  جہیز jahez  سہیلی saheli  سہیلیاں saheliyan  جانو jaanu  پڑوسی parosi  محلہ mohalla
محلے mohalle  بزرگ buzurg  نوجوان naujawan  بوڑھا boorha  بوڑھے boorhe  معاشرہ muashra  معاشرے muashre
معاشرتی muashrati  دنیا dunya  قوم qaum  عمر umar  زندگی zindagi  زندگیاں zindagiyan  موت maut
زندہ zinda  مردہ murda  صاحب sahib  صاحبہ sahiba  بھیا bhaiya  مولوی molvi  استاد ustad  استاذ ustad
استانی ustani  باس boss  مالک malik  ملازم mulazim  ڈرائیور driver  اجنبی ajnabi  دشمن dushman
دشمنی dushmani  ماؤں maaon  کنواری kunwari  بیوہ bewa  ظالم zalim  متاثرہ mutasira  متاثرین mutasireen
# Body and clothes
کپڑے kapray  لباس libas  دوپٹہ dupatta  دوپٹے dupatte  حجاب hijab  نقاب niqab  برقع burqa  برقعہ burqa
قمیص qameez  ساڑھی sari  جوتا joota  جوتے joote  جوتی jooti  عریاں uryan  عریانی uryani  فحش fahash
چست chust  جسم jism  جسمانی jismani  ہاتھ hath  پیر pair  منہ munh  نگاہ nigah  نگاہیں nigahein
سینہ seena  سینے seene  پیٹ pait  دل dil  دلوں dilon  دماغ dimagh  دماغی dimaghi  خون khoon  روح rooh
خوبصورت khoobsurat  خوبصورتی khoobsurti  پیاری pyari  پیارا pyara  پیارے pyare  حسن husn  کالی kaali
کالا kaala
# Honour and shame
عزت izzat  عزتیں izzatein  عزتدار izzatdar  غیرت ghairat  غیرتمند ghairatmand  بےغیرت beghairat
بیغیرت beghairat  شرمندہ sharminda  شرمندگی sharmindagi  بےشرم besharam  بیشرم besharam  حیا haya
حیاء haya  بےحیا behaya  بیحیا behaya  بےحیائی behayai  بیحیائی behayai  باحیا bahaya  بدنام badnaam
رسوا ruswa  رسوائی ruswai  ذلت zillat  کردار kirdar  بدکردار badkirdar  بدچلن badchalan  پاکیزہ pakeeza
ناپاک napaak  بدتمیز badtameez  بدتمیزی badtameezi  روایت riwayat  روایات riwayat  رواج riwaj
آزادی azadi  آزاد azad  آوارہ awara  آوارگی awargi  عاشق aashiq  عاشقی aashiqi  عشق ishq  چکر chakkar
تعلق taluq  تعلقات taluqat  زنا zina  گناہ gunah  گناہگار gunahgar  گنہگار gunahgar  توبہ tauba
اکیلی akeli  اکیلا akela  اکیلے akele  اشتعال ishtial  دعوت dawat  کنوارہ kunwara  مغرب maghrib
مغربی maghribi  مشرقی mashriqi
# Blame, excuse, silence
بےقصور beqasoor  بیقصور beqasoor  صحیح sahi  الزام ilzaam  الزامات ilzamat  ملزم mulzim  تہمت tohmat
بہتان bohtan  ذمہ zimma  ذمہدار zimmedar  ذمے zimme  ذمیدار zimmedar  وجہ wajah  نتیجہ nateeja
انجام anjaam  مزاح mizah  فضول fuzool  چھوٹی choti  چھوٹا chota  چھوٹے chote  بات baat  باتیں baatein
مسئلہ masla  مسئلے masle  معاملہ mamla  معاملے mamle  معاملات mamlat  خاموش khamosh  خاموشی khamoshi
چپ chup  چپکے chupke  سمجھوتہ samjhota  سمجھوتا samjhota  صلح sulah  اجازت ijazat  دفعہ dafa  دفاع difa
حمایت himayat  حمایتی himayati  نقصان nuqsan  شہرت shohrat  پیسہ paisa  پیسے paise  پیسوں paison
دولت daulat  انتقام intiqam  سازش sazish  سازشی sazishi  مستقبل mustaqbil  کیریئر career  کیرئیر career
شوق shauq  عادتیں aadatein  فطرت fitrat  فطری fitri  آخرکار akhirkar
# Disbelief, proof, law and police
جھوٹ jhoot  جھوٹا jhoota  جھوٹی jhooti  جھوٹے jhoote  جھوٹوں jhooton  ثبوت saboot  بھروسہ bharosa
بھروسا bharosa  اعتبار aitbar  اعتماد aitmad  دعوی dawa  حقیقت haqeeqat  جعلی jaali  قصہ qissa
پرانی purani  پرانا purana  پرانے purane  اچانک achanak  پولیس police  پولس police  رپورٹ report
رپورٹس reports  شکایت shikayat  شکایات shikayat  مقدمہ muqadma  مقدمے muqadme  کیس case  کیسز cases
عدالتی adalati  عدالتیں adalatein  جج judge  وکیلوں wakeelon  انصاف insaf  جیل jail  قید qaid
گرفتار giraftar  گرفتاری giraftari  مجرم mujrim  مجرموں mujrimon  جرم jurm  ظلم zulm  تشدد tashaddud
زیادتیاں ziyadtian  ریپ rape  ریپسٹ rapist  ہراساں harassan  ہراسگی harassgi  ہراسانی harassani
ہراسمنٹ harassment  جنسی jinsi  عصمت ismat  درندہ darinda  درندے darinde  درندگی darindagi
درندوں darindon  قاتل qatil  بلیک black  میل mail  بلیکمیل blackmail  تحقیقات tehqeeqat  سائبر cyber
کرائم crime  ایجنسی agency  ایف f  پیکا peca  نوٹس notice  درج darj  دستخط dastakhat  کارروائی karwai
فیصلہ faisla  فیصلے faisle  حقوق huqooq  برابری barabari  حفاظت hifazat  غیر ghair  عزتی izzati
بےعزتی beizzati  بیعزتی beizzati  بےعزت beizzat  واقعہ waqia  واقعے waqie  واقعات waqiat  بیان bayan
معلومات malumat  علم ilm
# Support, feelings and prayer
افسوس afsos  دکھ dukh  دکھی dukhi  تکلیفیں takleefein  خوشی khushi  خوش khush  خوف khauf
خوفناک khaufnak  پریشان pareshan  پریشانی pareshani  فکر fikar  غصہ ghussa  غصے ghusse  محبت mohabbat
پیار pyar  ہمت himmat  ہمتی himmati  بہادر bahadur  بہادری bahaduri  کمزور kamzor  کمزوری kamzori
طاقتور taqatwar  السلام assalam  علیکم alaikum  وعلیکم walaikum  شکریہ shukriya  احساس ehsas  امید umeed
تسلی tasalli  سکون sukoon  آرام aram  زخم zakhm  آنسو aansu  خواب khwab  خواہش khwahish  انتظار intezar
کوشش koshish  کوششیں koshishein  قابل qabil  احترام ehtiram  آواز awaz  آوازیں awazein  اللہ allah
خدا khuda  خدایا khudaya  مولا maula  انشاءاللہ inshallah  انشااللہ inshallah  ماشاءاللہ mashallah
ماشااللہ mashallah  الحمدللہ alhamdulillah  سبحان subhan  سبحاناللہ subhanallah
استغفراللہ astaghfirullah  لعنتی lanati  دعا dua  دعائیں duayein  دعاؤں duaon  آمین ameen  انشاء insha
قرآن quran  اسلام islam  اسلامی islami  مسلمان musalman  مسلمانوں musalmanon  ایمان imaan  مذہبی mazhabi
شیطان shaitan  فرشتہ farishta  جنت jannat  جہنم jahannam  عذاب azaab  قیامت qayamat  آخرت akhirat
خیر khair  خیریت khairiyat  حافظ hafiz  شفا shifa  شفاء shifa  کفر kufr  کافر kafir  نیک naik
نیکی naiki  اچھا acha  اچھی achi  اچھے ache  اچھائی achai  برا bura  بری buri  برے bure  برائی burai
بہترین behtareen  مشکل mushkil  مشکلات mushkilat  مشکلیں mushkilein  آسان asan  آسانی asani  ممکن mumkin
خاص khas  نیا naya
# Insults
کتا kutta  کتی kutti  کتیا kutiya  کتے kutte  کتوں kutton  الو ullu  سور suar  سؤر suar  کمینہ kameena
کمینی kameeni  کمینے kameene  حرامخور haramkhor  فاحشہ fahisha  کنجری kanjri  چڑیل churail
چڑیلیں churailein  بھینس bhains  بیوقوف bewaqoof  بےوقوف bewaqoof  بیوقوفی bewaqoofi  جاہل jahil
جاہلوں jahilon  گندگی gandagi  گالی gaali  کھسرا khusra  چوتیا chutiya  چوتیے chutiye  گانڈو gandu
لن lun  پھدی phuddi  بہنچود behenchod  مادرچود madarchod  مدرچود madarchod  چدائی chudai  ٹھرک tharak
بدمعاش badmash  بدمعاشی badmashi  لوفر lofer  منافق munafiq  منافقت munafiqat  غدار ghaddar  ڈاکو daku
مکار makkar  چھچھوری chichori  چھچھورا chichora  اوقات auqat  بےضمیر bezameer  فرعون firaun
جانور janwar  جانوروں janwaron  حیوان haiwan  کیڑے keeray
# Internet words and English loanwords, in English spelling
ٹویٹ tweet  ٹوئٹ tweet  ٹویٹس tweets  ٹوئٹر twitter  ٹویٹر twitter  فیس face  فیسبک facebook
انسٹاگرام instagram  انسٹا insta  ٹک tik  ٹاک tok  ٹکٹاک tiktok  یوٹیوب youtube  واٹس whats  ایپ app
واٹسایپ whatsapp  وٹس whats  سنیپ snap  چیٹ chat  چیٹس chats  باکس box  انباکس inbox  میسج message
میسجز messages  میسیج message  ڈی d  ایم m  پوسٹس posts  پوسٹیں posts  کمنٹ comment  کمنٹس comments
ریپلائی reply  لائک like  لائکس likes  شیئر share  شئیر share  فالو follow  فالوورز followers
فالورز followers  بلاک block  انفالو unfollow  رپورٹر reporter  ڈیلیٹ delete  ڈلیٹ delete  سکرین screen
اسکرین screen  شاٹ shot  شاٹس shots  سکرینشاٹ screenshot  اسکرینشاٹ screenshot  لنک link  تھریڈ thread
ٹرول troll  ٹرولز trolls  ٹرولنگ trolling  ٹرینڈ trend  ہیش hash  ٹیگ tag  ہیشٹیگ hashtag  وائرل viral
لیک leak  لیکس leaks  پروفائل profile  اکاؤنٹ account  اکاونٹ account  فیک fake  ویڈیو video
ویڈیوز videos  وڈیو video  تصویر tasveer  تصویریں tasveerein  فوٹو photo  فوٹوز photos  پکچر picture
پکچرز pictures  پک pic  پکس pics  سیلفی selfie  کیمرہ camera  کیمرے camera  موبائل mobile  فون phone
کال call  کالز calls  کالیں calls  نمبر number  نمبرز numbers  آن on  لائن line  آنلائن online  نیٹ net
انٹرنیٹ internet  میڈیا media  سوشل social  ڈیجیٹل digital  پاسورڈ password  ہیک hack  ڈیٹا data
ایڈریس address  لوکیشن location  پلیز please  پلز please  سوری sorry  تھینکس thanks  تھینک thank  یو you
اوکے okay  ہیلو hello  بائے bye  ڈرامہ drama  ڈراما drama  ڈرامے drame  ڈرامہباز dramabaz
ڈرامےبازی dramabazi  ایکٹنگ acting  اوور over  اٹینشن attention  سٹوری story  اسٹوری story  سین scene
فنی funny  جوک joke  جوکس jokes  میم meme  میمز memes  کول cool  ریلیکس relax  سیریس serious
سیریسلی seriously  ایشو issue  ایشوز issues  پرابلم problem  پروبلم problem  ٹاپک topic  پوائنٹ point
ایجنڈا agenda  ایجنڈے agenda  این n  اوز os  فیمنسٹ feminist  فیمینسٹ feminist  فیمنزم feminism
فیمینزم feminism  لبرل liberal  لبرلز liberals  آنٹی aunty  آنٹیاں aunties  آنٹیوں aunties  انکل uncle
میڈم madam  مس miss  مسٹر mister  وکٹم victim  کارڈ card  سپورٹ support  اسپورٹ support  ہیلپ help
سٹرانگ strong  اسٹرانگ strong  پاور power  گرل girl  گرلز girls  بوائے boy  بوائز boys  فرینڈ friend
فرینڈز friends  گرلفرینڈ girlfriend  بوائےفرینڈ boyfriend  ڈیٹ date  ڈیٹنگ dating  بریک break  اپ aap
ریلیشن relation  ریلیشنشپ relationship  افیئر affair  میریج marriage  ایکس ex  سیکس sex  سیکسی sexy
سیکسوئل sexual  سیکشوئل sexual  ہاٹ hot  نیوڈ nude  نیوڈز nudes  پورن porn  شرٹ shirt  جینز jeans
ٹائٹ tight  ٹائٹس tights  سکرٹ skirt  ڈریس dress  ڈریسنگ dressing  میک make  فیشن fashion  ماڈل model
ماڈلنگ modelling  ماڈرن modern  ایکٹر actor  ایکٹریس actress  سنگر singer  سٹار star  فلم film
فلمیں films  فلموں films  ٹی t  وی v  شو show  شوز shows  نیوز news  چینل channel  چینلز channels
اینکر anchor  ٹیم team  میچ match  کرکٹ cricket  پارٹی party  پارٹیاں parties  پارٹیوں parties
ڈانس dance  میوزک music  گیم game  ہوٹل hotel  کلب club  ڈرنک drink  ڈنر dinner  لفٹ lift  ٹیکسی taxi
رکشہ rickshaw  رکشے rickshaw  اوبر uber  کار car  گاڑی gaari  گاڑیاں gaariyan  بائیک bike  میٹرو metro
ٹرین train  اسٹیشن station  سٹیشن station  ٹکٹ ticket  روڈ road  پارک park  شاپنگ shopping
مارکیٹ market  دکان dukan  دکاندار dukandar  ٹائم time  ڈے day  نائٹ night  برتھ birth  گڈ good
مارننگ morning  ویلکم welcome  گریٹ great  نائس nice  بیسٹ best  بیوٹی beauty  بیوٹیفل beautiful
کیوٹ cute  پرفیکٹ perfect  ٹوٹلی totally  آفر offer  پروموشن promotion  کلچر culture  سوسائٹی society
جینڈر gender  رائٹس rights  رائٹ right  رانگ wrong  مینٹل mental  مینٹلی mentally  ڈپریشن depression
اینزائٹی anxiety  ٹراما trauma  تھراپی therapy  تھراپسٹ therapist  ٹینشن tension  سٹریس stress
ڈاکٹر doctor  ڈاکٹرز doctors  نرس nurse  ہسپتال hospital  اسپتال hospital  ٹیسٹ test  ٹیسٹی tasty
میڈیکل medical  فیملی family  فیملیز families  مدر mother  فادر father  سسٹر sister  برادر brother
ممی mummy  مام mom  ڈیڈ dad  ڈیڈی daddy  بےبی baby  بیبی baby  برو bro  گائز guys  مین men  ویمن women
وومن women
# Places, school, work
سکول school  اسکول school  سکولوں schools  کالج college  کالجز colleges  یونیورسٹی university  یونی uni
یونیورسٹیاں universities  مدرسہ madrasa  مدرسے madrase  کلاس class  ٹیچر teacher  ٹیچرز teachers
پروفیسر professor  سٹوڈنٹ student  سٹوڈنٹس students  ڈگری degree  تعلیمی taleemi  امتحان imtihan
کتاب kitab  کتابیں kitabein  کاموں kaamon  ملازمت mulazmat  آفس office  دفاتر dafatir  جاب job
کمپنی company  مینیجر manager  منیجر manager  میٹنگ meeting  پروجیکٹ project  ایچ h  آر r
انٹرویو interview  سیلری salary  تنخواہ tankhwah  کمیٹی committee  ادارہ idara  ادارے idare
اداروں idaron  کاروبار karobar  بزنس business  پیشہ pesha  شعبہ shoba  ملک mulk  ملکوں mulkon
شہروں sheharon  علاقہ ilaqa  علاقے ilaqe  سڑک sarak  مسجد masjid  جگہ jagah  پاکستان pakistan
پاکستانی pakistani  پاکستانیوں pakistaniyon  پنجاب punjab  پنجابی punjabi  سندھ sindh  سندھی sindhi
بلوچستان balochistan  خیبر khyber  کشمیر kashmir  پختون pakhtun  لاہور lahore  اسلامآباد islamabad
راولپنڈی rawalpindi  پنڈی pindi  پشاور peshawar  ملتان multan  فیصلآباد faisalabad  کوئٹہ quetta
حیدرآباد hyderabad  آباد abad  انڈیا india  انڈین indian  ہندوستان hindustan  ہندو hindu  دہلی delhi
امریکہ america  امریکا america  لندن london  دبئی dubai  سعودی saudi  یورپ europe  اردو urdu
انگریزی english  انگلش english  انگریز angrez  حکومت hukumat  حکومتی hukumati  سیاست siyasat  وزیر wazir
وزیراعظم wazireazam  عمران imran  خان khan  مریم maryam  فوج fauj  فوجی fauji  مارچ march
احتجاج ehtijaj  مہم muhim
# Everyday nouns and the rest
چیزیں cheezein  چیزوں cheezon  چائے chai  آسمان asman  چاند chand  اندھیرا andhera  اندھیرے andhere
موقع mauqa  موقعہ mauqa  حیران hairan  حیرت hairat  خیال khayal  خیالات khayalat  مشورہ mashwara
مشورے mashware  شروع shuru  تیار tayyar  شامل shamil  مکمل mukammal  شخص shakhs  افراد afraad
قیمت qeemat  کوششوں koshishon  حصہ hissa  حصے hisse  ایسوں aison  تصور tasawur  توجہ tawajjo
ردعمل raddeamal  رویہ rawaiya  رویے rawaiye  سلوک sulook  طعنہ taana  طعنے taane  گفتگو guftagu
لفظ lafz  جملہ jumla  شاعری shayari  ذکر zikar  ذاتی zaati  انکار inkar  مخالف mukhalif  نشانہ nishana
شکار shikar  کھلونا khilona  دھیان dhyan  احتیاط ehtiyat  ناپسند napasand  سلسلہ silsila  اشارہ ishara
حرکتیں harkatein  حرکتوں harkaton  گھٹن ghutan  ماضی maazi  یادیں yaadein  یادوں yaadon  پھول phool
عید eid  جمعہ juma  جمعرات jumerat  اتوار itwar  میٹھی meethi  تیز tez  آہستہ aahista  سیدھا seedha
سیدھی seedhi  الٹا ulta  الٹی ulti  اونچی oonchi  مسلسل musalsal  بیمار beemar  بیماری beemari
علاج ilaj  بیبس bebas  حساب hisab  جرات jurrat  جراءت jurrat  کھلم khullam  سرعام sareaam  عوض iwaz
مثال misal  مثالیں misalein  نیت niyat  نیتوں niyaton  ارادہ irada  خاطر khatir
# Other spellings people type, and words that belong beside the ones above
کوی koi  ہوی hui  گیی gayi  ہوے hue  جاے jaye  آے aaye  شکریا shukriya  انشاللہ inshallah
ماشاللہ mashallah  سٹاپ stop  ویل well  ڈن done  وائف wife  ہزبینڈ husband  کرش crush  پروپوز propose
سٹاکر stalker  سٹاکنگ stalking  ٹچ touch  فلرٹ flirt  ابیوز abuse  ابیوزر abuser  ٹاکسک toxic
وکٹمز victims  سروائیور survivor  سروائیورز survivors  کنسینٹ consent  ہیلپلائن helpline
ہاٹلائن hotline  انسپکٹر inspector  سپاہی sipahi  تھانیدار thanedar  جرمانہ jurmana  گرفت giraft
مفت muft  بےگناہ begunah  بیگناہ begunah  سہم sehm  ہچکچاہٹ hichkichahat  بزدل buzdil  سنسان sunsan
رلا rula  رلایا rulaya  چیخنا cheekhna  چلائی chillai  لٹ lut  لوٹ loot  ہوس hawas  شہوت shehwat
جسمفروش jismfarosh  فروش farosh  مخلص mukhlis  خودکشی khudkushi  خودغرض khudgharz  مطمئن mutmain
شکر shukar  شکرگزار shukarguzar  سکھ sukh  دکھتا dukhta  دلیر diler  سلیوٹ salute  ریسپیکٹ respect
پراؤڈ proud  اپکا aapka  اپکی aapki  اپکے aapke  اپکو aapko  اج aaj  سنجیدہ sanjeeda  ریکارڈ record
ریکارڈنگ recording  سنبھل sambhal  سنبھالو sambhalo  بجلی bijli  درخواست darkhwast  حاصل hasil
جیتے jeete  موسم mausam  شعر sher  شاعر shayar  انجان anjaan  سنجیدگی sanjeedgi  خودمختار khudmukhtar
لیڈی lady  لیڈیز ladies  جنٹلمین gentleman  کیریکٹر character  کریکٹر character  کریکٹرلیس characterless
پرسنل personal  پرائیویٹ private  پرائیویسی privacy  سیف safe  سیفٹی safety
"""


def read_table(table: str) -> dict[str, str]:
    """The pairs of a table. Raises ValueError for a word without a spelling."""
    cells = [cell for line in table.splitlines() if not line.startswith("#") for cell in line.split()]
    return dict(zip(cells[::2], cells[1::2], strict=True))


WORDS: dict[str, str] = read_table(TABLE)
