/* What tests/run-gdb debugs: calls to stop at, values to look at, ways to end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

volatile int counter;
volatile double half = 0.5;

__attribute__((noinline)) int twice(int n)
{
    counter += n;
    return 2 * n;
}

int main(int argc, char **argv)
{
    char text[64];

    strcpy(text, "on the stack");
    for (int i = 0; i < 5; i++)
        printf("%d\n", twice(i));
    if (argc > 1 && strcmp(argv[1], "crash") == 0)
        *(volatile int *)(long)argc = 7;
    while (argc > 1 && strcmp(argv[1], "spin") == 0)
        counter++;
    return (int)strlen(text) + counter;
}
