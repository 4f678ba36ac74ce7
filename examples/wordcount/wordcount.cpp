// Counts the lines, words and bytes of a file and names its commonest words.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <vector>

int main(int argc, char **argv)
{
    // Debian's libc++ for WASI has no file streams; the C ones are there.
    std::FILE *file = argc > 1 ? std::fopen(argv[1], "rb") : stdin;
    if (file == nullptr) {
        std::cerr << "cannot read the file\n";
        return 1;
    }
    std::string text;
    for (int c = std::getc(file); c != EOF; c = std::getc(file))
        text += static_cast<char>(c);
    std::fclose(file);
    std::map<std::string, unsigned> counts;
    std::size_t total = 0;
    std::string word;
    for (std::size_t i = 0; i <= text.size(); i++) {
        const int c = i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
        if (std::isalpha(c)) {
            if (word.size() < 31)
                word += static_cast<char>(std::tolower(c));
        } else if (!word.empty()) {
            counts[word]++;
            total++;
            word.clear();
        }
    }
    std::vector<std::pair<std::string, unsigned>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](auto &a, auto &b) { return a.second > b.second; });
    std::cout << std::count(text.begin(), text.end(), '\n') << " lines, " << total << " words, "
              << text.size() << " bytes\n";
    for (std::size_t i = 0; i < sorted.size() && i < 3; i++)
        std::cout << sorted[i].second << ' ' << sorted[i].first << '\n';
}
