// Read by moc only, before each file: moc 6.4 takes `namespace std _GLIBCXX_VISIBILITY(default)` for an error.
#define _GLIBCXX_VISIBILITY(V)
#define _GLIBCXX_BEGIN_NAMESPACE_VERSION
#define _GLIBCXX_END_NAMESPACE_VERSION
