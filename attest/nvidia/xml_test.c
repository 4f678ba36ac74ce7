/* XML and its canonical form: what is refused, and forms written out by hand from Canonical XML
 * 1.1 (W3C, 2 May 2008). That real manifests' signatures verify is tests/run-evidence's. */
#include "attest/nvidia/xml.h"
#include "tests/judge_kit.h"

static enum err parse(struct xml_document *d, const char *text)
{
    size_t offset;

    arena_reset(&kit_arena);
    return xml_parse(d, &kit_arena, (struct bytes){ (const uint8_t *)text, strlen(text) }, &offset);
}

static void test_refusals(void)
{
    static const struct {
        const char *name, *text;
        enum err want;
    } cases[] = {
        { "an element", "<a/>", ERR_OK },
        { "a declaration before it", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>", ERR_OK },
        { "a byte order mark", "\xef\xbb\xbf<a/>", ERR_OK },
        { "white space around it", " \n<a>\n</a >\n", ERR_OK },
        { "nothing", "", ERR_MALFORMED },
        { "text alone", "a", ERR_MALFORMED },
        { "text before the root", "x<a/>", ERR_MALFORMED },
        { "text behind the root", "<a/>x", ERR_MALFORMED },
        { "two roots", "<a/><b/>", ERR_MALFORMED },
        { "an element that does not end", "<a>", ERR_MALFORMED },
        { "an element that ends as another", "<a></b>", ERR_MALFORMED },
        { "an element that ends with another prefix", "<p:a xmlns:p=\"u\"></a>", ERR_MALFORMED },
        { "an end without a start", "</a>", ERR_MALFORMED },
        { "a tag that does not end", "<a b=\"c\"", ERR_MALFORMED },
        { "an attribute without quotes", "<a b=c/>", ERR_MALFORMED },
        { "an attribute without a value", "<a b/>", ERR_MALFORMED },
        { "quotes that do not agree", "<a b=\"c'/>", ERR_MALFORMED },
        { "attributes without a space between", "<a b=\"1\"c=\"2\"/>", ERR_MALFORMED },
        { "an attribute twice", "<a b=\"1\" b=\"2\"/>", ERR_MALFORMED },
        { "an attribute twice, by two prefixes",
          "<a xmlns:p=\"u\" xmlns:q=\"u\" p:b=\"1\" q:b=\"2\"/>", ERR_MALFORMED },
        { "a namespace twice", "<a xmlns:p=\"u\" xmlns:p=\"v\"/>", ERR_MALFORMED },
        { "one name with a prefix and without", "<a b=\"1\" p:b=\"2\" xmlns:p=\"u\"/>", ERR_OK },
        { "a prefix that nobody declared", "<p:a/>", ERR_MALFORMED },
        { "an attribute's prefix that nobody declared", "<a p:b=\"1\"/>", ERR_MALFORMED },
        { "a prefix taken back", "<a xmlns:p=\"u\"><b xmlns:p=\"\"/></a>", ERR_MALFORMED },
        { "two colons", "<p:q:a xmlns:p=\"u\"/>", ERR_MALFORMED },
        { "a name that begins with a digit", "<1/>", ERR_MALFORMED },
        { "< in an attribute", "<a b=\"<\"/>", ERR_MALFORMED },
        { "]]> in text", "<a>]]></a>", ERR_MALFORMED },
        { "an entity that nobody declared", "<a>&b;</a>", ERR_MALFORMED },
        { "an ampersand alone", "<a>&</a>", ERR_MALFORMED },
        { "a reference to NUL", "<a>&#0;</a>", ERR_MALFORMED },
        { "a reference to a surrogate", "<a>&#xd800;</a>", ERR_MALFORMED },
        { "a reference beyond Unicode", "<a>&#x110000;</a>", ERR_MALFORMED },
        { "a reference without digits", "<a>&#;</a>", ERR_MALFORMED },
        { "a control character", "<a>\x01</a>", ERR_MALFORMED },
        { "bytes that are not UTF-8", "<a>\xff</a>", ERR_MALFORMED },
        { "a comment", "<a><!-- b --></a>", ERR_UNSUPPORTED },
        { "a CDATA section", "<a><![CDATA[b]]></a>", ERR_UNSUPPORTED },
        { "a processing instruction", "<a><?b?></a>", ERR_UNSUPPORTED },
        { "a document type", "<!DOCTYPE a><a/>", ERR_UNSUPPORTED },
        { "another encoding", "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", ERR_UNSUPPORTED },
        { "an xml: attribute", "<a xml:lang=\"en\"/>", ERR_UNSUPPORTED },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct xml_document d;

        CASE(cases[i].name);
        CHECK_ERR(parse(&d, cases[i].text), cases[i].want);
    }
}

/* Limits hold at their numbers. */
static void test_limits(void)
{
    static char text[65536];
    struct xml_document d;

    for (unsigned deep = XML_DEPTH_MAX; deep <= XML_DEPTH_MAX + 1; deep++) {
        CASE(deep > XML_DEPTH_MAX ? "deeper than the limit" : "as deep as the limit");
        memset(text, 0, sizeof text);
        for (unsigned i = 0; i < deep; i++)
            memcpy(&text[3 * i], "<a>", 3);
        for (unsigned i = 0; i < deep; i++)
            memcpy(&text[3 * deep + 4 * i], "</a>", 4);
        CHECK_ERR(parse(&d, text), deep > XML_DEPTH_MAX ? ERR_LIMIT : ERR_OK);
    }
    for (unsigned count = XML_ATTRIBUTES_MAX; count <= XML_ATTRIBUTES_MAX + 1; count++) {
        char *at = text;

        CASE(count > XML_ATTRIBUTES_MAX ? "more attributes than the limit"
                                        : "as many attributes as the limit");
        at += sprintf(at, "<a");
        for (unsigned i = 0; i < count; i++)
            at += sprintf(at, " b%u=\"\"", i);
        sprintf(at, "/>");
        CHECK_ERR(parse(&d, text), count > XML_ATTRIBUTES_MAX ? ERR_LIMIT : ERR_OK);
    }
    CASE("more namespaces than the limit");
    char *at = text;

    at += sprintf(at, "<a");
    for (unsigned i = 0; i <= XML_NAMESPACES_MAX; i++)
        at += sprintf(at, " xmlns:n%u=\"u\"", i);
    sprintf(at, "/>");
    CHECK_ERR(parse(&d, text), ERR_LIMIT);
    CASE("more nodes than the limit");
    at = text;
    at += sprintf(at, "<a>");
    for (unsigned i = 0; i < XML_NODES_MAX && at < &text[sizeof text - 16]; i++)
        at += sprintf(at, "<b/>");
    sprintf(at, "</a>");
    CHECK_ERR(parse(&d, text), XML_NODES_MAX < sizeof text / 4 - 8 ? ERR_LIMIT : ERR_OK);
}

static void test_canonical(void)
{
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        { "an empty element gets an end", "<a/>", "<a></a>" },
        { "quotes, spaces and line ends in tags", "<a  b = 'c'\n d=\"e\"  ></a  >",
          "<a b=\"c\" d=\"e\"></a>" },
        { "attributes in order of URI and name, namespaces first",
          "<e a:z=\"1\" b=\"2\" a=\"3\" b:y=\"4\" xmlns:b=\"http://a\" xmlns:a=\"http://b\" "
          "xmlns=\"http://o\"></e>",
          "<e xmlns=\"http://o\" xmlns:a=\"http://b\" xmlns:b=\"http://a\" a=\"3\" b=\"2\" "
          "b:y=\"4\" a:z=\"1\"></e>" },
        { "a declaration that says nothing new is left out",
          "<a xmlns:p=\"u\"><b xmlns:p=\"u\"><c xmlns:p=\"v\"/></b></a>",
          "<a xmlns:p=\"u\"><b><c xmlns:p=\"v\"></c></b></a>" },
        { "xmlns=\"\" counts only where there was one",
          "<a xmlns=\"\"><b xmlns=\"u\"><c xmlns=\"\"><d xmlns=\"\"/></c></b></a>",
          "<a><b xmlns=\"u\"><c xmlns=\"\"><d></d></c></b></a>" },
        { "text is escaped again", "<a>&lt;&gt;&amp;&quot;&apos;&#13;\"&#x9;</a>",
          "<a>&lt;&gt;&amp;\"'&#xD;\"\t</a>" },
        { "attributes are escaped again", "<a b='&lt;&gt;&amp;&quot;&apos;&#13;&#10;&#9;'/>",
          "<a b=\"&lt;>&amp;&quot;'&#xD;&#xA;&#x9;\"></a>" },
        { "line ends in text are one", "<a>1\r\n2\r3\n4</a>", "<a>1\n2\n3\n4</a>" },
        { "white space in attributes is spaces", "<a b=\"1\r\n2\t3\n4\"/>",
          "<a b=\"1 2 3 4\"></a>" },
        { "characters by number", "<a>&#233;&#x20AC;&#x1F600;</a>",
          "<a>\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80</a>" },
        { "what is around the root is no part of it", "<?xml version=\"1.0\"?>\n<a> b </a>\n\n",
          "<a> b </a>" },
        { "mixed contents stay in order", "<a>1<b>2</b>3<c/>4</a>", "<a>1<b>2</b>3<c></c>4</a>" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static uint8_t room[4096];
        struct writer w = writer_of(room, sizeof room);
        struct xml_document d;

        CASE(cases[i].name);
        if (!CHECK_OK(parse(&d, cases[i].text)))
            continue;
        xml_canonical(&w, d.root, NULL);
        CHECK_BYTES(writer_bytes(&w),
                    ((struct bytes){ (const uint8_t *)cases[i].want, strlen(cases[i].want) }));
    }
}

static void test_parts(void)
{
    static uint8_t room[4096];
    static const char text[] = "<r xmlns=\"u\" xmlns:q=\"w\" xmlns:p=\"v\">\n<s>"
                               "<p:t xmlns:q=\"x\" q:a=\"1\">2</p:t></s>3</r>";
    const struct xml_node *s, *t;
    struct xml_document d;
    struct writer w;

    CASE("a part gets the namespaces that are in scope");
    CHECK_OK(parse(&d, text));
    s = xml_only(d.root, "u", "s");
    t = xml_only(s, "v", "t");
    if (!CHECK(t != NULL))
        return;
    w = writer_of(room, sizeof room);
    xml_canonical(&w, t, NULL);
    CHECK_BYTES(writer_bytes(&w),
                BYTES_TEXT("<p:t xmlns=\"u\" xmlns:p=\"v\" xmlns:q=\"x\" q:a=\"1\">2</p:t>"));
    CASE("a whole without a part");
    w = writer_of(room, sizeof room);
    xml_canonical(&w, d.root, s);
    CHECK_BYTES(writer_bytes(&w), BYTES_TEXT("<r xmlns=\"u\" xmlns:p=\"v\" xmlns:q=\"w\">\n3</r>"));
    CASE("names are found by their namespace");
    CHECK_NULL(xml_only(d.root, "", "s"));
    CHECK_NULL(xml_only(s, "u", "t"));
    CHECK_BYTES(xml_attribute(t, "x", "a"), BYTES_TEXT("1"));
    CHECK_EQ(xml_attribute(t, "", "a").size, 0);
    CHECK_BYTES(xml_text(t), BYTES_TEXT("2"));
    CHECK_EQ(xml_text(d.root).size, 0);
    CASE("of two there is no only one");
    CHECK_OK(parse(&d, "<a><b/><b/></a>"));
    CHECK_NULL(xml_only(d.root, "", "b"));
    CHECK(xml_child(d.root, xml_child(d.root, NULL, "", "b"), "", "b") != NULL);
}

int main(void)
{
    kit_begin(0);
    test_refusals();
    test_limits();
    test_canonical();
    test_parts();
    return kit_done();
}
